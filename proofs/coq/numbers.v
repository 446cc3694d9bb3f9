(* Numbers that counterexamples rest on, enclosed by interval arithmetic inside Coq's kernel (coq-interval). *)
From Coq Require Import Reals.
From Interval Require Import Tactic.
Open Scope R_scope.

(* prop-3.2-sq, M = 3, N = 5, tau = 1/10: five unit vectors at equal angles on a cone, h^2 = 2353/10000. *)
Definition cone_height : R := 2353 / 10000.
Definition cone_near : R := cone_height + (1 - cone_height) * cos (2 * PI / 5).
Definition cone_far : R := cone_height + (1 - cone_height) * cos (4 * PI / 5).
Definition cone_dcl_sq : R := 5 * ln (2 * exp (10 * (cone_near * cone_near)) + 2 * exp (10 * (cone_far * cone_far))).
(* The lower bound of every tight frame there, 5 (log 3 + beta) + 5/6 (beta - 1) with beta = 2 / (9 tau): proved on the
   page prop-3.2-sq. *)
Definition tight_frames_bound : R := 5 * (ln 3 + 20 / 9) + 5 / 6 * (20 / 9 - 1).

Theorem prop_3_2_sq_cone : 165134 / 10000 <= cone_dcl_sq <= 165136 / 10000.
Proof. unfold cone_dcl_sq, cone_near, cone_far, cone_height. split; interval with (i_prec 60). Qed.

Theorem prop_3_2_sq_cone_below : cone_dcl_sq + 1 < tight_frames_bound.
Proof.
unfold cone_dcl_sq, cone_near, cone_far, cone_height, tight_frames_bound; apply Rminus_gt_0_lt.
interval with (i_prec 60).
Qed.

(* prop-3.2-abs, M = 2, N = 3, y = exp(1 / (2 tau)): the polynomials of `prop_3_2_abs_threshold` and of
   `prop_3_2_abs_simclr_threshold` change sign between these two temperatures. *)
Definition dcl_abs_gain (tau : R) : R := let y := exp (1 / (2 * tau)) in 3 * y ^ 2 + y + 1 - y ^ 3.
Definition simclr_abs_gain (tau : R) : R :=
  let y := exp (1 / (2 * tau)) in 3 * y ^ 4 + 3 * y ^ 3 + 11 * y ^ 2 + 2 * y + 2 - 3 * y ^ 5.

Theorem prop_3_2_abs_number : dcl_abs_gain (4102 / 10000) < 0 < dcl_abs_gain (4103 / 10000).
Proof. unfold dcl_abs_gain; split; interval with (i_prec 60). Qed.

Theorem prop_3_2_abs_simclr_number : simclr_abs_gain (6160 / 10000) < 0 < simclr_abs_gain (6161 / 10000).
Proof. unfold simclr_abs_gain; split; interval with (i_prec 60). Qed.
