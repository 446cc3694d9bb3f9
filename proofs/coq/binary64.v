(* binary64, rounding to nearest, is an instance of the model of rounding.v with u = 2^-53.

   `rnd` rounds to 53 bits with an unbounded exponent: the format FLX. Where nothing under- or overflows that is
   binary64; the second theorem says so, and that sums cannot underflow. *)
From Coq Require Import ZArith Reals Lra.
From Flocq Require Import Core Relative Plus_error.
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.analysis Require Import Rstruct.
From Duality Require Import rounding.
Set Implicit Arguments.
Import GRing.Theory Num.Theory Order.Theory.

(* Rounding to nearest in 53 bits; ties are broken as `choice` says, to even in IEEE's default mode. *)
Definition rnd (choice : Z -> bool) (x : R) : R := round radix2 (FLX_exp 53) (Znearest choice) x.

(* The same with the exponents of binary64, subnormal numbers included. *)
Definition rnd64 (choice : Z -> bool) (x : R) : R := round radix2 (FLT_exp (-1074) 53) (Znearest choice) x.

(* An expression of the model, evaluated with one of these roundings. *)
Fixpoint value (r : R -> R) (e : expr [realFieldType of R]) : R := match e with
  | Exact x => x | Plus e f => Rplus (value r e) (value r f) | Round e => r (value r e) end.

Definition half_ulp : [realFieldType of R] := bpow radix2 (-53).

(* No rounding underflows: what is rounded is zero, at least 2^-1022 in size, or the sum of two binary64 numbers. *)
Definition binary64 (x : R) := generic_format radix2 (FLT_exp (-1074) 53) x.
Fixpoint normal (r : R -> R) (e : expr [realFieldType of R]) : Prop := match e with
  | Exact _ => True
  | Plus e f => normal r e /\ normal r f
  | Round e => normal r e /\
      (Rle (bpow radix2 (-1022)) (Rabs (value r e)) \/ exists x y, [/\ binary64 x, binary64 y & value r e = Rplus x y])
  end.

Lemma rnd_error choice x : exists d, Rle (Rabs d) (bpow radix2 (-53)) /\ rnd choice x = Rmult x (Rplus 1 d).
Proof.
have prec : Prec_gt_0 53 by [].
have [d [small eq]] := relative_error_N_FLX_ex radix2 53 prec choice x.
exists d; split=> //; apply: Rle_trans small _; apply: Req_le.
by rewrite /= /Z.pow_pos /=; lra.
Qed.

Lemma rnd64_error choice x : Rle (bpow radix2 (-1022)) (Rabs x) ->
  exists d, Rle (Rabs d) (bpow radix2 (-53)) /\ rnd64 choice x = Rmult x (Rplus 1 d).
Proof.
have prec : Prec_gt_0 53 by [].
move=> large; have [d [small eq]] := relative_error_N_FLT_ex radix2 (-1074) 53 prec choice x large.
exists d; split=> //; apply: Rle_trans small _; apply: Req_le.
by rewrite /= /Z.pow_pos /=; lra.
Qed.

Lemma rnd64_sum_error choice x y : binary64 x -> binary64 y ->
  exists d, Rle (Rabs d) (bpow radix2 (-53)) /\ rnd64 choice (Rplus x y) = Rmult (Rplus x y) (Rplus 1 d).
Proof.
have prec : Prec_gt_0 53 by [].
move=> fx fy; have [d [small eq]] := @FLT_plus_error_N_ex radix2 (-1074) 53 prec choice x y fx fy.
exists d; split=> //; apply: Rle_trans small _.
apply: Rle_trans (u_rod1pu_ro_le_u_ro radix2 53) _; apply: Req_le.
by rewrite /u_ro /= /Z.pow_pos /=; lra.
Qed.

(* Every expression, computed with 53 bits, is computed in the model: its bounds hold for it. *)
Theorem binary64_is_computed choice e : computed half_ulp e (value (rnd choice) e).
Proof.
elim: e => [x | e IHe f IHf | e IH] /=; first exact: Computed_exact.
- exact: Computed_plus.
- have [d [small ->]] := rnd_error choice (value (rnd choice) e).
  by apply: Computed_round => //; exact/RleP.
Qed.

(* The same for binary64 with its subnormal numbers, where no rounding underflows. Overflow is not spoken of: a result
   that is infinite is seen. *)
Theorem binary64_is_computed_subnormal choice e : normal (rnd64 choice) e ->
  computed half_ulp e (value (rnd64 choice) e).
Proof.
elim: e => [x | e IHe f IHf | e IH] /=; first by move=> _; exact: Computed_exact.
  by case=> /IHe ? /IHf ?; exact: Computed_plus.
case=> /IH comp large.
have [d [small ->]] : exists d, Rle (Rabs d) (bpow radix2 (-53)) /\
    rnd64 choice (value (rnd64 choice) e) = Rmult (value (rnd64 choice) e) (Rplus 1 d).
  by case: large => [/rnd64_error // | [x [y [fx fy ->]]]]; exact: rnd64_sum_error.
by apply: Computed_round => //; exact/RleP.
Qed.
