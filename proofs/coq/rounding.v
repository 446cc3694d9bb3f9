(* The certified tolerance of the dual path: L_nc evaluated as |K^T K|^2 - sum_j |K_{j,.}|^4 with rounded operations,
   whatever the order of the sums, fused or not.

   An expression says where a computation rounds: x + y in floating point is Round (Plus x y), a product is
   Round (Exact (x * y)), a fused multiply-add is Round (Plus (Exact (x * y)) z). `computed` allows every relative
   error up to u at every rounding. Not covered: under- and overflow, and rounding of the inputs. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality normalization bounds rank.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section Model.
Variables (R : realFieldType) (u : R).
Hypothesis u_ge0 : 0 <= u.

Inductive expr := Exact of R | Plus of expr & expr | Round of expr.

Fixpoint leaves e := match e with
  | Exact x => [:: x] | Plus e f => leaves e ++ leaves f | Round e => leaves e end.

(* The largest number of roundings on a path from a leaf to the root. *)
Fixpoint depth e := match e with
  | Exact _ => 0%N | Plus e f => maxn (depth e) (depth f) | Round e => (depth e).+1 end.

Inductive computed : expr -> R -> Prop :=
  | Computed_exact x : computed (Exact x) x
  | Computed_plus e f x y : computed e x -> computed f y -> computed (Plus e f) (x + y)
  | Computed_round e x delta : computed e x -> `|delta| <= u -> computed (Round e) (x * (1 + delta)).

(* Higham's theta: (1 + u)^k - 1, at most k u / (1 - k u). *)
Definition th k : R := (1 + u) ^+ k - 1.

(* y is a computed sum of the terms, in some order and grouping, with at most k roundings on a path. *)
Definition computed_sum (terms : seq R) k y :=
  exists e, [/\ perm_eq (leaves e) terms, (depth e <= k)%N & computed e y].

Lemma th_ge0 k : 0 <= th k.
Proof. by rewrite subr_ge0 exprn_ege1 // ler_addl. Qed.

Lemma th_le k l : (k <= l)%N -> th k <= th l.
Proof. by move=> kl; rewrite ler_add2r ler_weexpn2l // ler_addl. Qed.

Lemma thS k : th k.+1 = th k * (1 + u) + u.
Proof. by rewrite /th exprS; ring. Qed.

Lemma expr_error e y : computed e y ->
  `|y - \sum_(x <- leaves e) x| <= th (depth e) * \sum_(x <- leaves e) `|x|.
Proof.
elim=> {e y} [x | e f x y _ IHe _ IHf | e x delta _ IH delta_u] /=.
- by rewrite !big_seq1 subrr normr0 mulr_ge0 ?th_ge0.
- rewrite !big_cat /= opprD addrACA mulrDr (le_trans (ler_norm_add _ _)) // ler_add //.
    by rewrite (le_trans IHe) // ler_wpmul2r ?sumr_ge0 // th_le // leq_maxl.
  by rewrite (le_trans IHf) // ler_wpmul2r ?sumr_ge0 // th_le // leq_maxr.
set v := \sum_(x <- _) x in IH *; set mag := \sum_(x <- _) `|x| in IH *.
have v_mag : `|v| <= mag := ler_norm_sum _ _ _.
have -> : x * (1 + delta) - v = (x - v) * (1 + delta) + v * delta by ring.
rewrite (le_trans (ler_norm_add _ _)) // !normrM thS mulrDl mulrAC [u * _]mulrC ler_add ?ler_pmul //.
by rewrite (le_trans (ler_norm_add _ _)) // normr1 ler_add2l.
Qed.

Lemma sum_error terms k y : computed_sum terms k y ->
  `|y - \sum_(x <- terms) x| <= th k * \sum_(x <- terms) `|x|.
Proof.
case=> e [leaves_e depth_e /expr_error]; rewrite !(perm_big _ leaves_e) /= => error.
by rewrite (le_trans error) // ler_wpmul2r ?sumr_ge0 // th_le.
Qed.

(* The model is not vacuous: every sum of N terms has computed values with N - 1 roundings, and the error th(k) is
   reached at every depth k. *)
Theorem rounding_model_not_vacuous :
  (forall x terms, exists y, computed_sum (x :: terms) (size terms) y) /\
  (forall k x, exists e y, [/\ depth e = k, leaves e = [:: x], computed e y & `|y - x| = th k * `|x|]).
Proof.
split=> [x terms | k x].
  elim: terms x => [|x' terms IH] x; first by exists x, (Exact x); split=> //; exact: Computed_exact.
  have [y [e [leaves_e depth_e comp_e]]] := IH x'.
  exists ((x + y) * (1 + 0)), (Round (Plus (Exact x) e)); split; rewrite /= ?perm_cons ?max0n //.
  by apply: Computed_round; rewrite ?normr0 //; apply: Computed_plus comp_e; exact: Computed_exact.
exists (iter k Round (Exact x)), (x * (1 + u) ^+ k).
have -> : `|x * (1 + u) ^+ k - x| = th k * `|x|.
  by rewrite -[X in _ - X]mulr1 -mulrBr normrM mulrC [`|_ - 1|]ger0_norm ?th_ge0.
elim: k => [|k [depth_e leaves_e comp_e _]]; first by rewrite mulr1; split=> //; exact: Computed_exact.
split=> //=; rewrite ?depth_e // exprSr mulrA.
by apply: Computed_round => //; rewrite ger0_norm.
Qed.

End Model.

Section Sums.
Variable R : realFieldType.

Lemma sum_enum (I : finType) (f : I -> R) (g : R -> R) :
  \sum_(x <- [seq f i | i <- enum I]) g x = \sum_i g (f i).
Proof. by rewrite big_map big_enum. Qed.

Lemma cauchy_schwarz_sum n (x y : 'I_n -> R) :
  (\sum_i x i * y i) ^+ 2 <= (\sum_i x i ^+ 2) * \sum_i y i ^+ 2.
Proof.
have := cauchy_schwarz (\row_i x i) (\row_i y i); rewrite /inner /sqnorm !big_ord1.
by under eq_bigr do rewrite !mxE; under [X in _ <= X * _]eq_bigr do rewrite mxE;
   under [X in _ <= _ * X]eq_bigr do rewrite mxE.
Qed.

Lemma norm_le_sqr (x y : R) : 0 <= y -> x ^+ 2 <= y ^+ 2 -> `|x| <= y.
Proof. by move=> y_ge0; rewrite -[x ^+ 2]real_normK ?num_real // ler_pexpn2r ?nnegrE. Qed.

End Sums.

(* The dual path itself. *)
Section DualPath.
Variables (R : realFieldType) (u : R).
Hypothesis u_ge0 : 0 <= u.
Variables (m n : nat) (K : 'M[R]_(m, n)).
Variables (kG kA kR kB : nat) (Gh : 'M[R]_n) (Ah Bh fl a : R) (rh : 'I_m -> R).
Local Notation th := (th u).

(* The computed Gram matrix, its computed squared norm, the computed row energies, the sum of their squares,
   and the rounded difference of the two. *)
Hypothesis gram_computed : forall i k, computed_sum u [seq K j i * K j k | j <- enum 'I_m] kG (Gh i k).
Hypothesis total_computed : computed_sum u [seq Gh p.1 p.2 ^+ 2 | p <- enum [finType of 'I_n * 'I_n]] kA Ah.
Hypothesis rows_computed : forall j, computed_sum u [seq K j i ^+ 2 | i <- enum 'I_n] kR (rh j).
Hypothesis row4_computed : computed_sum u [seq rh j ^+ 2 | j <- enum 'I_m] kB Bh.
Hypothesis difference_computed : exists2 delta, `|delta| <= u & fl = (Ah - Bh) * (1 + delta).
(* Any bound on the norm of the Gram matrix. *)
Hypothesis a_ge0 : 0 <= a.
Hypothesis a_bound : sqnorm (K^T *m K) <= a ^+ 2.

Let d := th kG * sqnorm K.

Let d_ge0 : 0 <= d.
Proof. by rewrite mulr_ge0 ?th_ge0 ?sqnorm_ge0. Qed.

Lemma gram_error : sqnorm (Gh - K^T *m K) <= d ^+ 2.
Proof.
have entry i k : (Gh - K^T *m K) i k ^+ 2 <= th kG ^+ 2 * (col_sq K i * col_sq K k).
  have := sum_error u_ge0 (gram_computed i k); rewrite (sum_enum _ id) (sum_enum _ Num.norm).
  have -> : \sum_j K j i * K j k = (K^T *m K) i k by rewrite mxE; apply: eq_bigr => j _; rewrite mxE.
  have -> : Gh i k - (K^T *m K) i k = (Gh - K^T *m K) i k by rewrite [RHS]mxE [in RHS]mxE.
  move=> error; rewrite -real_normK ?num_real //.
  apply: le_trans (_ : (th kG * \sum_j `|K j i * K j k|) ^+ 2 <= _).
    by rewrite ler_pexpn2r ?nnegrE ?mulr_ge0 ?th_ge0 ?sumr_ge0.
  rewrite exprMn ler_wpmul2l ?sqr_ge0 //.
  under eq_bigr do rewrite normrM; apply: le_trans (cauchy_schwarz_sum _ _) _.
  under [X in X * _]eq_bigr do rewrite real_normK ?num_real //.
  by under [X in _ * X]eq_bigr do rewrite real_normK ?num_real //.
apply: le_trans (_ : \sum_i \sum_k th kG ^+ 2 * (col_sq K i * col_sq K k) <= _).
  by apply: ler_sum => i _; apply: ler_sum => k _; exact: entry.
under eq_bigr do rewrite -mulr_sumr -mulr_sumr sum_col_sq.
by rewrite -mulr_sumr -mulr_suml sum_col_sq -expr2 -exprMn.
Qed.

Lemma total_error : `|sqnorm Gh - sqnorm (K^T *m K)| <= 2%:R * a * d + d ^+ 2.
Proof.
set G := K^T *m K; set E := Gh - G.
have -> : sqnorm Gh = sqnorm G + inner G E *+ 2 + sqnorm E.
  rewrite /inner -sumrMnl -!big_split; apply: eq_bigr => i _ /=; rewrite -sumrMnl -!big_split.
  apply: eq_bigr => k _ /=; rewrite [E i k]mxE [(- G) i k]mxE.
  by move: (Gh i k) (G i k) => x y; ring.
have -> : sqnorm G + inner G E *+ 2 + sqnorm E - sqnorm G = inner G E *+ 2 + sqnorm E.
  by move: (sqnorm G) (inner G E) (sqnorm E) => x y z; ring.
rewrite (le_trans (ler_norm_add _ _)) // [`|sqnorm E|]ger0_norm ?sqnorm_ge0 // ler_add ?gram_error //.
rewrite normrMn -[`|_| *+ 2]mulr_natl -mulrA ler_wpmul2l ?ler0n //; apply: norm_le_sqr; first exact: mulr_ge0.
rewrite exprMn.
rewrite (le_trans (cauchy_schwarz _ _)) // ler_pmul ?sqnorm_ge0 //; exact: gram_error.
Qed.

Lemma row_error : `|\sum_j rh j ^+ 2 - row4 K| <= (2%:R * th kR + th kR ^+ 2) * row4 K.
Proof.
rewrite /row4 -sumrB mulr_sumr (le_trans (ler_norm_sum _ _ _)) //; apply: ler_sum => j _.
have := sum_error u_ge0 (rows_computed j); rewrite (sum_enum _ id) (sum_enum _ Num.norm).
under [X in _ <= _ * X]eq_bigr do rewrite ger0_norm ?sqr_ge0 //.
rewrite -/(row_sq K j); have := row_sq_ge0 K j; move: (row_sq K j) (rh j) => r s r_ge0 error.
have t_ge0 : 0 <= th kR := th_ge0 u_ge0 kR.
have -> : s ^+ 2 - r ^+ 2 = (s - r) * (s - r + 2%:R * r) by ring.
have -> : (2%:R * th kR + th kR ^+ 2) * r ^+ 2 = th kR * r * (th kR * r + 2%:R * r) by ring.
rewrite normrM ler_pmul // (le_trans (ler_norm_add _ _)) // ler_add //.
by rewrite ger0_norm // mulr_ge0 ?ler0n.
Qed.

(* The tolerance of the code: fl is the computed L_nc on the Gram side. *)
Theorem rounding_dual_path :
  `|fl - L_nc K| <= u * `|Ah - Bh| + (th kA * (a + d) ^+ 2 + 2%:R * a * d + d ^+ 2)
    + (th kB * (1 + th kR) ^+ 2 + 2%:R * th kR + th kR ^+ 2) * row4 K.
Proof.
have total : `|Ah - sqnorm (K^T *m K)| <= th kA * (a + d) ^+ 2 + (2%:R * a * d + d ^+ 2).
  have := sum_error u_ge0 total_computed; rewrite (sum_enum _ id) (sum_enum _ Num.norm).
  under [X in _ <= _ * X]eq_bigr do rewrite ger0_norm ?sqr_ge0 //.
  rewrite -(pair_bigA _ (fun i k => Gh i k ^+ 2)) -/(sqnorm Gh) => error.
  rewrite (le_trans (ler_dist_add (sqnorm Gh) _ _)) // ler_add ?total_error //.
  rewrite (le_trans error) // ler_wpmul2l ?th_ge0 //.
  have := total_error; rewrite ler_norml ler_subl_addr => /andP[_ /le_trans]; apply.
  rewrite [(a + d) ^+ 2](_ : _ = 2%:R * a * d + d ^+ 2 + a ^+ 2); first by rewrite ler_add2l.
  by move: d => d'; ring.
have rows : `|Bh - row4 K| <= (th kB * (1 + th kR) ^+ 2 + 2%:R * th kR + th kR ^+ 2) * row4 K.
  have := sum_error u_ge0 row4_computed; rewrite (sum_enum _ id) (sum_enum _ Num.norm).
  under [X in _ <= _ * X]eq_bigr do rewrite ger0_norm ?sqr_ge0 //.
  set squares := \sum_j rh j ^+ 2 => error; have near : `|squares - row4 K| <= _ := row_error.
  have squares_le : squares <= (1 + th kR) ^+ 2 * row4 K.
    move: near; rewrite ler_norml ler_subl_addr => /andP[_ /le_trans]; apply.
    by rewrite le_eqVlt; apply/orP; left; apply/eqP; move: (row4 K) (th kR) => x t; ring.
  rewrite -addrA mulrDl (le_trans (ler_dist_add squares _ _)) // ler_add //.
  by rewrite (le_trans error) // -mulrA ler_wpmul2l ?th_ge0.
case: difference_computed => delta delta_u ->.
have -> : (Ah - Bh) * (1 + delta) - L_nc K =
    (Ah - Bh) * delta + (Ah - sqnorm (K^T *m K)) - (Bh - row4 K).
  by rewrite L_nc_gram; move: (sqnorm _) (row4 K) => x y; ring.
rewrite (le_trans (ler_norm_sub _ _)) // ler_add // (le_trans (ler_norm_add _ _)) //.
by rewrite ler_add -?addrA // normrM mulrC ler_wpmul2r.
Qed.

End DualPath.
