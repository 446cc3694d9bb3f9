(* TCR, the log-determinant of the regularised covariance matrix: over unit embeddings it is exactly
   sample-contrastive. The logarithm is monotone, so the statements are about the determinant. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality normalization bounds definition_3_2 determinants.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section TCR.
Variable R : realFieldType.
Implicit Types m n : nat.

Lemma regularized_entry n (A : 'M[R]_n) a i j : (1%:M + a *: A) i j = (i == j)%:R + a * A i j.
Proof. by rewrite !mxE. Qed.

Lemma posdef_regularized m n (K : 'M[R]_(m, n)) a : 0 <= a -> posdef (1%:M + a *: (K *m K^T)).
Proof.
move=> a_ge0; split=> [|x x0]; first by rewrite linearD linearZ /= trmx1 trmx_mul trmxK.
have sq p (y : 'rV[R]_p) : (y *m y^T) 0 0 = sqnorm y by rewrite sqnormE /mxtrace big_ord1.
rewrite mulmxDr mulmx1 mulmxDl -scalemxAr -scalemxAl mxE sq [X in _ + X]mxE.
have -> : x *m (K *m K^T) *m x^T = (x *m K) *m (x *m K)^T by rewrite trmx_mul !mulmxA.
rewrite sq ltr_paddr ?mulr_ge0 ?sqnorm_ge0 // lt0r sqnorm_ge0 andbT.
by apply: contra x0 => /eqP/sqnorm_eq0 ->.
Qed.

Lemma sqnorm_off_eq0 n (A : 'M[R]_n) : (sqnorm (A - diag A) == 0) = is_diag_mx A.
Proof.
apply/eqP/is_diag_mxP => [/sqnorm_eq0/matrixP off i j ij | diagA].
  by have := off i j; rewrite !mxE -val_eqE (negPf ij) subr0.
rewrite sqnorm_off big1 // => i _; apply: big1 => j ji.
by rewrite diagA ?expr0n // eq_sym.
Qed.

Lemma is_diag_regularized n (A : 'M[R]_n) a : a != 0 -> is_diag_mx (1%:M + a *: A) = is_diag_mx A.
Proof.
move=> a0; apply/is_diag_mxP/is_diag_mxP => diagA i j ij; have := diagA i j ij.
  by rewrite regularized_entry -val_eqE (negPf ij) add0r => /eqP; rewrite mulf_eq0 (negPf a0) => /eqP.
by rewrite regularized_entry -val_eqE (negPf ij) add0r => ->; rewrite mulr0.
Qed.

(* Hadamard's inequality for the regularised covariance matrix of any K. *)
Lemma tcr_hadamard m n (K : 'M[R]_(m, n)) a : 0 < a ->
  \det (1%:M + a *: (K *m K^T)) <= \prod_j (1 + a * row_sq K j) ?= iff (L_nc K == 0).
Proof.
move=> a_gt0; have [_] := hadamard (posdef_regularized K (ltW a_gt0)).
rewrite is_diag_regularized ?lt0r_neq0 // -sqnorm_off_eq0.
by under eq_bigr => j _ do rewrite regularized_entry eqxx cov_diag.
Qed.

(* "TCR is dimension-contrastive": over unit embeddings its maximum is reached exactly where L_c = 0 (possible for
   N <= M) ... *)
Theorem prop_3_2_tcr_sample_contrastive m n (K : 'M[R]_(m, n)) a :
  0 < a -> unit_columns K ->
  \det (1%:M + a *: (K *m K^T)) <= (1 + a) ^+ n ?= iff (L_c K == 0).
Proof.
move=> a_gt0 cols; have := tcr_hadamard K^T a_gt0; rewrite trmxK -prop_3_2_tcr_self_dual -L_c_tr trmxK.
have -> : \prod_i (1 + a * row_sq K^T i) = (1 + a) ^+ n; last by [].
by under eq_bigr => i _ do rewrite row_sq_tr cols mulr1; rewrite prodr_const card_ord.
Qed.

Lemma welch_iff m n (K : 'M[R]_(m, n)) : (0 < m)%N -> unit_columns K ->
  (L_c K == n%:R ^+ 2 / m%:R - n%:R) = (L_nc K == 0) && [forall j, forall k, row_sq K j == row_sq K k].
Proof.
move=> m_gt0 cols; rewrite (cor_3_4_1_exact m_gt0 cols) -subr_eq0.
set spread := \sum_j _; have -> : forall x y z : R, x - y + z + spread - (z - y) = x + spread by move=> *; ring.
rewrite paddr_eq0 ?sqnorm_ge0 ?sumr_ge0 // => [|j _]; last exact: sqr_ge0.
congr (_ && _); rewrite psumr_eq0 => [|j _]; last exact: sqr_ge0.
apply/allP/'forall_'forall_eqP => [at_mean j k | equal j _].
  have mean i : row_sq K i = n%:R / m%:R.
    by apply/eqP; rewrite -subr_eq0 -sqrf_eq0; apply: at_mean; rewrite mem_index_enum.
  by rewrite !mean.
rewrite /= sqrf_eq0 subr_eq0 -(mass_unit cols) -sum_row_sq (sum_equal (c := row_sq K j)) //.
by rewrite mulrAC divff ?mul1r ?pnatr_eq0 -?lt0n.
Qed.

(* ... and otherwise exactly where L_c is the Welch bound N^2/M - N. *)
Theorem prop_3_2_tcr_welch m n (K : 'M[R]_(m, n)) a :
  (0 < m)%N -> 0 < a -> unit_columns K ->
  \det (1%:M + a *: (K *m K^T)) <= (1 + a * (n%:R / m%:R)) ^+ m
    ?= iff (L_c K == n%:R ^+ 2 / m%:R - n%:R).
Proof.
move=> m_gt0 a_gt0 cols.
have energies_ge0 j : 0 <= 1 + a * row_sq K j.
  by rewrite addr_ge0 ?mulr_ge0 ?row_sq_ge0 ?ler01 ?ltW.
have m0 : m%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have := @leif_AGM R _ 'I_m (fun j => 1 + a * row_sq K j) (fun j _ => energies_ge0 j).
rewrite card_ord big_split /= -mulr_sumr sum_row_sq (mass_unit cols) sumr_const card_ord mulrDl divff // -mulrA.
move=> /(leif_trans (tcr_hadamard K a_gt0)); congr (_ <= _ ?= iff _).
rewrite welch_iff //; congr (_ && _); apply: eq_forallb => j; apply: eq_forallb => k.
by rewrite (inj_eq (addrI _)) (inj_eq (mulfI (lt0r_neq0 a_gt0))).
Qed.

(* TCR-optimal, L_c = 0, and yet L_nc > 0: with N < M, TCR is not dimension-contrastive. *)
Theorem prop_3_2_tcr_counterexample :
  exists K : 'M[R]_(3, 2), [/\ unit_columns K, L_c K = 0, L_nc K = 288%:R / 625%:R
    & forall a, 0 < a -> \det (1%:M + a *: (K *m K^T)) = (1 + a) ^+ 2].
Proof.
pose entry j i : R := nth 0 (nth [::] [:: [:: 3%:R / 5%:R; 0]; [:: 4%:R / 5%:R; 0]; [:: 0; 1]] j) i.
pose K : 'M[R]_(3, 2) := \matrix_(j, i) entry j i.
have cols : unit_columns K.
  move=> i; rewrite /col_sq !big_ord_recl big_ord0 !mxE /entry /=.
  by case: i => [[|[|i]] ?] //=; field.
have L0 : L_c K = 0.
  rewrite /L_c sqnorm_off big1 // => i _; apply: big1 => k ki; apply/eqP; rewrite sqrf_eq0; apply/eqP.
  rewrite mxE !big_ord_recl big_ord0 !mxE /entry /=.
  by case: i k ki => [[|[|i]] ?] [[|[|k]] ?] //= _; ring.
exists K; split=> // [|a a_gt0]; last by apply/eqP; rewrite (prop_3_2_tcr_sample_contrastive a_gt0 cols) L0.
have := thm_3_3 K; rewrite L0 (col4_unit cols) => /(canRL (addrK _)) ->.
rewrite /row4 /row_sq !(big_ord_recl, big_ord0) !mxE /entry /=.
by field.
Qed.

End TCR.
