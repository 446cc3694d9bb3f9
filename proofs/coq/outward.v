(* The scalar steps of duality/numeric between a certified sum and the bound that is reported. Each is off by a few
   roundings; the factor 1 + 2^-45 (OUTWARD) or 1 + 2^-50 (growth) more than makes up for them, and a summand for
   what may underflow. Gappa finds the bounds of the relative errors, and coqc checks its proofs.

   `rnd` is binary64 to nearest, subnormal numbers included. Overflow is not spoken of: a result that is infinite is
   seen. Square root and the four operations are rounded correctly, as IEEE asks; of expm1 one ulp is assumed. *)
From Coq Require Import ZArith Lia Reals Lra.
From Flocq Require Import Core Relative Plus_error.
From Gappa Require Import Gappa_tactic.
Open Scope R_scope.

Definition rnd : R -> R := rounding_float rndNE 53 (-1074).
Definition outward : R := 1 + powerRZ 2 (-45).

Lemma prec : Prec_gt_0 53. Proof. easy. Qed.
Local Existing Instance prec.
Lemma rnd_valid : Valid_rnd rndNE. Proof. exact (valid_rnd_N _). Qed.
Local Existing Instance rnd_valid.

Lemma rnd_le x y : x <= y -> rnd x <= rnd y.
Proof. apply round_le; auto with typeclass_instances. Qed.

Lemma rnd_power e : (-1074 <= e)%Z -> rnd (bpow radix2 e) = bpow radix2 e.
Proof.
intros small; unfold rnd; apply round_generic; auto with typeclass_instances.
apply generic_format_bpow; unfold FLT_exp; destruct (Z.max_spec (e + 1 - 53) (-1074)) as [[_ ->]|[_ ->]]; lia.
Qed.

(* From a relative error to a comparison. *)
Lemma at_least y exact error : 0 < exact -> - error <= (y - exact) / exact -> exact * (1 - error) <= y.
Proof.
intros pos rel; apply Rmult_le_compat_r with (r := exact) in rel; [|lra].
unfold Rdiv in rel; rewrite Rmult_assoc, Rinv_l in rel; lra.
Qed.

Lemma at_most y exact error : 0 < exact -> (y - exact) / exact <= error -> y <= exact * (1 + error).
Proof.
intros pos rel; apply Rmult_le_compat_r with (r := exact) in rel; [|lra].
unfold Rdiv in rel; rewrite Rmult_assoc, Rinv_l in rel; lra.
Qed.

(* What `growth` computes of x = exp(k u) - 1: expm1, one ulp off, times 1 + 2^-50. *)
Theorem outward_growth x d : powerRZ 2 (-900) <= x <= powerRZ 2 900 -> - powerRZ 2 (-52) <= d <= powerRZ 2 (-52) ->
  x <= rnd (x * (1 + d) * (1 + powerRZ 2 (-50))).
Proof.
intros hx hd; set (e := x * (1 + d) * (1 + powerRZ 2 (-50))).
assert (rel : - powerRZ 2 (-53) <= (rnd e - e) / e <= powerRZ 2 (-53)) by (unfold rnd, e; gappa).
assert (gain : 1 <= (1 + d) * (1 + powerRZ 2 (-50)) * (1 - powerRZ 2 (-53)) <= 2) by gappa.
assert (x0 : 0 < x) by (assert (0 < powerRZ 2 (-900)) by (apply powerRZ_lt; lra); lra).
assert (factor : 1 / 2 <= (1 + d) * (1 + powerRZ 2 (-50)) <= 2) by gappa.
assert (e0 : 0 < e) by (unfold e; rewrite Rmult_assoc; apply Rmult_lt_0_compat; lra).
apply Rle_trans with (2 := at_least _ _ _ e0 (proj1 rel)).
replace (e * (1 - powerRZ 2 (-53))) with (x * ((1 + d) * (1 + powerRZ 2 (-50)) * (1 - powerRZ 2 (-53)))) by
  (unfold e; ring).
rewrite <- (Rmult_1_r x) at 1; apply Rmult_le_compat_l; lra.
Qed.

(* ... which is above (1 + u)^k - 1, the most that k roundings do. *)
Theorem growth_of_roundings (u : R) (k : nat) : 0 <= u -> (1 + u) ^ k - 1 <= exp (INR k * u) - 1.
Proof.
intros u0; apply Rplus_le_compat_r; induction k as [|k IH]; [simpl; rewrite Rmult_0_l, exp_0; lra|].
rewrite S_INR, Rmult_plus_distr_r, Rmult_1_l, exp_plus; simpl; rewrite Rmult_comm.
assert (0 <= (1 + u) ^ k) by (apply pow_le; lra).
assert (1 + u <= exp u) by (destruct (Req_dec u 0) as [->|]; [rewrite exp_0; lra | apply Rlt_le, exp_ineq1; lra]).
apply Rmult_le_compat; lra.
Qed.

(* `Enclosed.norm` and the lower bound in `is_zero`, of a computed sum of squares t that is a share e off, at most.
   A sum below 2^-1000 may have lost its digits: root_underflow, half of which is left, is more than the root
   of all that. *)
Definition root_underflow : R := powerRZ 2 (-440).

Lemma root_underflow_gt0 : 0 < root_underflow.
Proof. apply powerRZ_lt; lra. Qed.

Lemma outward_gt1 : 1 < outward.
Proof. unfold outward; assert (0 < powerRZ 2 (-45)) by (apply powerRZ_lt; lra); lra. Qed.

Lemma rnd_2 e : (-1074 <= e)%Z -> rnd (powerRZ 2 e) = powerRZ 2 e.
Proof. rewrite <- (bpow_powerRZ radix2); apply rnd_power. Qed.

Lemma rnd_ge0 x : 0 <= x -> 0 <= rnd x.
Proof.
replace 0 with (rnd 0) at 2 by (unfold rnd; apply round_0; auto with typeclass_instances); apply rnd_le.
Qed.

Theorem outward_norm t e : 0 <= t <= powerRZ 2 900 -> 0 <= e <= 1 / 2 ->
  sqrt (t / (1 - e)) + root_underflow / 2
  <= rnd (rnd (rnd (sqrt (rnd (t / rnd (1 - e)))) * outward) + root_underflow).
Proof.
intros [t0 t1] he; set (y := rnd (rnd (sqrt (rnd (t / rnd (1 - e)))) * outward)).
assert (o1 := outward_gt1); assert (r0 := root_underflow_gt0).
assert (y0 : 0 <= y) by (apply rnd_ge0, Rmult_le_pos; [apply rnd_ge0, sqrt_pos | lra]).
set (exact := sqrt (t / (1 - e))).
destruct (Rle_or_lt (powerRZ 2 (-1000)) t) as [large | small].
- assert (rel : - powerRZ 2 (-50) <= (y - exact * outward) / (exact * outward) <= powerRZ 2 (-50)) by
    (unfold y, exact, rnd, outward; gappa).
  assert (size : powerRZ 2 (-501) <= exact <= powerRZ 2 501) by (unfold exact; gappa).
  assert (0 < powerRZ 2 (-501)) by (apply powerRZ_lt; lra).
  assert (gain : 1 <= outward * (1 - powerRZ 2 (-50)) * (1 - powerRZ 2 (-52)) <= 2) by (unfold outward; gappa).
  assert (scaled : 0 < exact * outward) by (apply Rmult_lt_0_compat; lra).
  assert (above := at_least _ _ _ scaled (proj1 rel)).
  assert (half : 1 / 2 <= 1 - powerRZ 2 (-52) <= 1) by gappa.
  assert (sum : rnd (y + root_underflow) >= (y + root_underflow) * (1 - powerRZ 2 (-52))).
    assert (bounds : powerRZ 2 (-502) <= y <= powerRZ 2 503) by
      (clear - t1 large he; unfold y, rnd, outward; gappa).
    assert (- powerRZ 2 (-52) <= (rnd (y + root_underflow) - (y + root_underflow)) / (y + root_underflow)
      <= powerRZ 2 (-52)) by (clear - bounds; clearbody y; unfold rnd, root_underflow; gappa).
    apply Rle_ge, at_least; lra.
  apply Rle_trans with (2 := Rge_le _ _ sum); rewrite Rmult_plus_distr_r; apply Rplus_le_compat.
  + apply Rle_trans with (exact * outward * (1 - powerRZ 2 (-50)) * (1 - powerRZ 2 (-52))).
      rewrite !Rmult_assoc; rewrite <- (Rmult_1_r exact) at 1; apply Rmult_le_compat_l; lra.
    apply Rmult_le_compat_r; lra.
  + unfold Rdiv; apply Rmult_le_compat_l; lra.
- apply Rle_trans with root_underflow.
  + assert (exact <= sqrt (powerRZ 2 (-998))).
      apply sqrt_le_1_alt, Rmult_le_reg_r with (1 - e); [lra|].
      unfold Rdiv; rewrite Rmult_assoc, Rinv_l by lra.
      assert (powerRZ 2 (-998) = 4 * powerRZ 2 (-1000)) by
        (replace 4 with (powerRZ 2 2) by (simpl; lra); rewrite <- powerRZ_add; [reflexivity | lra]). nra.
    assert (0 <= sqrt (powerRZ 2 (-998)) <= powerRZ 2 (-490)) by (clear; gappa).
    assert (0 <= powerRZ 2 (-490) <= powerRZ 2 (-450)) by (clear; gappa).
    assert (2 * powerRZ 2 (-450) <= root_underflow <= 1) by (clear; unfold root_underflow; split; gappa). lra.
  + unfold root_underflow; rewrite <- (rnd_2 (-440)) at 1 by lia; apply rnd_le; lra.
Qed.

Definition binary64 (x : R) := generic_format radix2 (FLT_exp (-1074) 53) x.

Lemma rnd_binary64 x : binary64 (rnd x).
Proof. unfold rnd; apply generic_format_round; auto with typeclass_instances. Qed.

Lemma rnd_difference x y : binary64 x -> binary64 y -> 0 <= x - y -> rnd (x - y) <= (x - y) * (1 + powerRZ 2 (-52)).
Proof.
intros fx fy pos; apply generic_format_opp in fy.
destruct (@FLT_plus_error_N_ex radix2 (-1074) 53 prec (fun n => negb (Z.even n)) x (- y) fx fy) as [d [small eq]].
unfold rnd, Rminus; change rndNE with ZnearestE; rewrite eq.
apply Rmult_le_compat_l; [exact pos|]; apply Rplus_le_compat_l.
apply Rle_trans with (1 := Rle_abs d), Rle_trans with (1 := small).
apply Rle_trans with (1 := u_rod1pu_ro_le_u_ro radix2 53).
unfold u_ro; rewrite bpow_powerRZ; simpl; lra.
Qed.

Theorem outward_norm_below t e : 0 <= t <= powerRZ 2 900 -> 0 <= e <= 1 / 2 ->
  rnd (rnd (rnd (sqrt (rnd (t / rnd (1 + e)))) / outward) - root_underflow)
  <= Rmax 0 (sqrt (t / (1 + e)) - root_underflow).
Proof.
intros [t0 t1] he; set (y := rnd (rnd (sqrt (rnd (t / rnd (1 + e)))) / outward)).
assert (o1 := outward_gt1); assert (r0 := root_underflow_gt0); set (exact := sqrt (t / (1 + e))).
destruct (Rle_or_lt y root_underflow) as [little | much].
  apply Rle_trans with (2 := Rmax_l _ _).
  replace 0 with (rnd 0) by (unfold rnd; apply round_0; auto with typeclass_instances); apply rnd_le; lra.
apply Rle_trans with (2 := Rmax_r _ _).
destruct (Rle_or_lt (powerRZ 2 (-1000)) t) as [large | small].
- assert (rel : - powerRZ 2 (-50) <= (y - exact / outward) / (exact / outward) <= powerRZ 2 (-50)) by
    (unfold y, exact, rnd, outward; gappa).
  assert (size : powerRZ 2 (-502) <= exact <= powerRZ 2 502) by (unfold exact; gappa).
  assert (0 < powerRZ 2 (-502)) by (apply powerRZ_lt; lra).
  assert (scaled : 0 < exact / outward) by (apply Rdiv_lt_0_compat; lra).
  assert (below := at_most _ _ _ scaled (proj2 rel)).
  assert (gain : 0 <= (1 + powerRZ 2 (-50)) * (1 + powerRZ 2 (-52)) / outward <= 1) by (unfold outward; gappa).
  assert (q0 : 0 < powerRZ 2 (-52)) by (apply powerRZ_lt; lra).
  assert (difference : rnd (y - root_underflow) <= (y - root_underflow) * (1 + powerRZ 2 (-52))).
    assert (binary64 root_underflow) by
      (unfold root_underflow; rewrite <- (rnd_2 (-440)) by lia; apply rnd_binary64).
    apply rnd_difference; [apply rnd_binary64 | assumption | lra].
  apply Rle_trans with (1 := difference).
  assert (y * (1 + powerRZ 2 (-52)) <= exact).
    apply Rle_trans with (exact / outward * (1 + powerRZ 2 (-50)) * (1 + powerRZ 2 (-52))).
      apply Rmult_le_compat_r; lra.
    replace (exact / outward * (1 + powerRZ 2 (-50)) * (1 + powerRZ 2 (-52))) with
      (exact * ((1 + powerRZ 2 (-50)) * (1 + powerRZ 2 (-52)) / outward)) by (field; lra).
    rewrite <- (Rmult_1_r exact) at 2; apply Rmult_le_compat_l; lra.
  rewrite Rmult_minus_distr_r.
  assert (root_underflow * 1 <= root_underflow * (1 + powerRZ 2 (-52))) by (apply Rmult_le_compat_l; lra). lra.
- exfalso; apply Rlt_not_le with (1 := much).
  assert (down : forall x k, (-1074 <= k)%Z -> x <= powerRZ 2 k -> rnd x <= powerRZ 2 k).
    intros x k hk hx; rewrite <- (rnd_2 k) by exact hk; apply rnd_le; exact hx.
  assert (denominator : 1 <= rnd (1 + e)).
    change 1 with (powerRZ 2 0) at 1; rewrite <- (rnd_2 0) by lia; apply rnd_le; simpl; lra.
  assert (0 <= powerRZ 2 (-500) <= root_underflow) by (clear; unfold root_underflow; gappa).
  apply Rle_trans with (powerRZ 2 (-500)); [|lra].
  apply down; [lia|]; apply Rmult_le_reg_r with outward; [lra|]; unfold Rdiv; rewrite Rmult_assoc, Rinv_l by lra.
  apply Rle_trans with (powerRZ 2 (-500) * 1); [|apply Rmult_le_compat_l; [apply Rlt_le, powerRZ_lt; lra|lra]].
  rewrite !Rmult_1_r; apply down; [lia|].
  replace (powerRZ 2 (-500)) with (sqrt (powerRZ 2 (-1000))).
    apply sqrt_le_1_alt, down; [lia|]; apply Rmult_le_reg_r with (rnd (1 + e)); [lra|].
    unfold Rdiv; rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra; nra.
  replace (powerRZ 2 (-1000)) with (powerRZ 2 (-500) * powerRZ 2 (-500)) by
    (rewrite <- powerRZ_add; [reflexivity | lra]).
  apply sqrt_square, Rlt_le, powerRZ_lt; lra.
Qed.


(* The radius in `Enclosed.squared_norm`: of a computed sum t that is a share e off, of numbers of norm at most n
   that are a distance d off. Half of UNDERFLOW is left for what underflowed in the sum itself. *)
Definition underflow : R := powerRZ 2 (-900).

Lemma rnd_below x : 0 <= x -> x * (1 - powerRZ 2 (-53)) - powerRZ 2 (-1075) <= rnd x.
Proof.
intros pos.
destruct (error_N_FLT radix2 (-1074) 53 eq_refl (fun n => negb (Z.even n)) x) as (d & h & hd & hh & _ & eq).
unfold rnd; change rndNE with ZnearestE; rewrite eq.
rewrite bpow_powerRZ in hd, hh; change (IZR radix2) with 2 in hd, hh.
replace (/ 2 * powerRZ 2 (- (53) + 1)) with (powerRZ 2 (-53)) in hd by (simpl; field).
assert (step : / 2 * powerRZ 2 (-1074) = powerRZ 2 (-1075)).
  replace (/ 2) with (powerRZ 2 (-1)) by (simpl; field); rewrite <- powerRZ_add; [reflexivity | lra].
rewrite step in hh; apply Rabs_le_inv in hd; apply Rabs_le_inv in hh.
assert (x * - powerRZ 2 (-53) <= x * d) by (apply Rmult_le_compat_l; lra). lra.
Qed.

Theorem outward_radius t e d n : 0 <= t -> 0 <= e <= 1 / 2 -> 0 <= d <= powerRZ 2 100 -> 0 <= n ->
  t * e / (1 - e) + d * (2 * n + d) + underflow / 2
  <= rnd (rnd (rnd (rnd (rnd (t * e) / rnd (1 - e)) + rnd (d * rnd (2 * n + d))) * outward) + underflow).
Proof.
intros t0 he hd n0; set (v := powerRZ 2 (-53)); set (h := powerRZ 2 (-1075)).
assert (hv : 0 < v <= 1 / 1000) by (unfold v; simpl; lra).
assert (hh : 0 < h) by (apply powerRZ_lt; lra).
assert (below : forall x, 0 <= x -> x * (1 - v) - h <= rnd x) by (intros; now apply rnd_below).
set (X := t * e / (1 - e)); set (Y := d * (2 * n + d)).
assert (te : 0 <= t * e) by (apply Rmult_le_pos; lra).
assert (X0 : 0 <= X) by (unfold X, Rdiv; apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]).
assert (m0 : 0 <= 2 * n + d) by lra.
assert (Y0 : 0 <= Y) by (unfold Y; apply Rmult_le_pos; lra).
set (A := rnd (t * e)); set (B := rnd (1 - e)).
assert (hA := below _ te); assert (A0 := rnd_ge0 _ te); fold A in hA, A0.
assert (hB : 1 / 4 <= B <= (1 - e) * (1 + 2 * v)).
  assert (rel : - powerRZ 2 (-53) <= (B - (1 - e)) / (1 - e) <= powerRZ 2 (-53)) by
    (clear - he; unfold B, rnd; gappa).
  assert (pos : 0 < 1 - e) by lra.
  assert (low := at_least _ _ _ pos (proj1 rel)); assert (up := at_most _ _ _ pos (proj2 rel)).
  fold v in low, up; nra.
assert (ratio : X * (1 - 3 * v) - 4 * h <= A / B).
  apply Rmult_le_reg_r with B; [lra|]; unfold Rdiv; rewrite (Rmult_assoc A), Rinv_l, Rmult_1_r by lra.
  assert (XB : X * B <= t * e * (1 + 2 * v)).
    replace (t * e * (1 + 2 * v)) with (X * ((1 - e) * (1 + 2 * v))) by (unfold X; field; lra).
    apply Rmult_le_compat_l; lra.
  assert (X * B * (1 - 3 * v) <= t * e * (1 + 2 * v) * (1 - 3 * v)) by (apply Rmult_le_compat_r; lra).
  assert (t * e * ((1 + 2 * v) * (1 - 3 * v)) <= t * e * (1 - v)) by (apply Rmult_le_compat_l; nra).
  assert (h * (1 / 4) <= h * B) by (apply Rmult_le_compat_l; lra). lra.
assert (AB0 : 0 <= A / B) by (unfold Rdiv; apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]).
set (C := rnd (A / B)); assert (hC := below _ AB0); assert (C0 := rnd_ge0 _ AB0); fold C in hC, C0.
set (G := rnd (2 * n + d)); assert (hG := below _ m0); assert (G0 := rnd_ge0 _ m0); fold G in hG, G0.
assert (dG0 : 0 <= d * G) by (apply Rmult_le_pos; lra).
set (H := rnd (d * G)); assert (hH := below _ dG0); assert (H0 := rnd_ge0 _ dG0); fold H in hH, H0.
assert (hdG : Y * (1 - v) - d * h <= d * G).
  assert (d * ((2 * n + d) * (1 - v) - h) <= d * G) by (apply Rmult_le_compat_l; lra). unfold Y; lra.
assert (CH0 : 0 <= C + H) by lra.
set (S := rnd (C + H)); assert (hS := below _ CH0); assert (S0 := rnd_ge0 _ CH0); fold S in hS, S0.
assert (o1 := outward_gt1); assert (o2 : outward <= 2) by (unfold outward; simpl; lra).
assert (SO0 : 0 <= S * outward) by (apply Rmult_le_pos; lra).
set (T := rnd (S * outward)); assert (hT := below _ SO0); assert (T0 := rnd_ge0 _ SO0); fold T in hT, T0.
assert (U0 : 0 < underflow) by (apply powerRZ_lt; lra).
assert (TU0 : 0 <= T + underflow) by lra.
assert (hF := below _ TU0).
assert (dh : d * h <= powerRZ 2 100 * h) by (apply Rmult_le_compat_r; lra).
set (k := powerRZ 2 100 * h) in dh.
assert (h_k : h <= k) by (unfold k; rewrite <- (Rmult_1_l h) at 1; apply Rmult_le_compat_r; [lra | simpl; lra]).
assert (k_U : 1000 * k <= underflow).
  unfold k, h, underflow; rewrite <- powerRZ_add by lra; change (100 + -1075)%Z with (-975)%Z.
  replace (-900)%Z with (75 + -975)%Z by reflexivity; rewrite (powerRZ_add 2 75) by lra.
  apply Rmult_le_compat_r; [apply Rlt_le, powerRZ_lt; lra | simpl; lra].
assert (c1 : X * (1 - 4 * v) - 5 * h <= C).
  assert (X * (1 - 3 * v) * (1 - v) - 4 * h <= A / B * (1 - v)).
    assert ((X * (1 - 3 * v) - 4 * h) * (1 - v) <= A / B * (1 - v)) by (apply Rmult_le_compat_r; lra). nra.
  assert (X * (1 - 4 * v) <= X * ((1 - 3 * v) * (1 - v))) by (apply Rmult_le_compat_l; nra). lra.
assert (h1 : Y * (1 - 4 * v) - k - h <= H).
  assert ((Y * (1 - v) - k) * (1 - v) <= d * G * (1 - v)) by (apply Rmult_le_compat_r; lra).
  assert (Y * (1 - 4 * v) <= Y * ((1 - v) * (1 - v))) by (apply Rmult_le_compat_l; nra).
  assert (0 <= k * v) by (apply Rmult_le_pos; lra). lra.
set (Z := X + Y); assert (Z0 : 0 <= Z) by (unfold Z; lra).
assert (s1 : Z * (1 - 5 * v) - 8 * k <= S).
  assert ((Z * (1 - 4 * v) - 7 * k) * (1 - v) <= (C + H) * (1 - v)) by (apply Rmult_le_compat_r; unfold Z; lra).
  assert (Z * (1 - 5 * v) <= Z * ((1 - 4 * v) * (1 - v))) by (apply Rmult_le_compat_l; nra).
  assert (0 <= k * v) by (apply Rmult_le_pos; lra). lra.
assert (t1 : Z * (1 + powerRZ 2 (-46)) - 17 * k <= T).
  assert (m1 : (Z * (1 - 5 * v) - 8 * k) * (outward * (1 - v)) <= S * (outward * (1 - v))) by
    (apply Rmult_le_compat_r; nra).
  assert (Z * (1 + powerRZ 2 (-46)) <= Z * ((1 - 5 * v) * (outward * (1 - v)))).
    apply Rmult_le_compat_l; [lra|]; unfold outward, v; simpl; lra.
  assert (k * (outward * (1 - v)) <= k * 2) by (apply Rmult_le_compat_l; nra). lra.
assert (m2 : (Z * (1 + powerRZ 2 (-46)) - 17 * k + underflow) * (1 - v) <= (T + underflow) * (1 - v)) by
  (apply Rmult_le_compat_r; lra).
assert (Z * 1 <= Z * ((1 + powerRZ 2 (-46)) * (1 - v))) by (apply Rmult_le_compat_l; [lra|]; unfold v; simpl; lra).
assert (0 <= k * v) by (apply Rmult_le_pos; lra).
assert (underflow * v <= underflow * (1 / 1000)) by (apply Rmult_le_compat_l; lra).
fold Z; lra.
Qed.
