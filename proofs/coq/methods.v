(* The methods of Proposition 3.2 that are criteria in disguise: Spectral Contrastive, Barlow Twins and VICReg, and
   the identities of equations 8 to 10. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality normalization bounds rank.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section VICReg.
Variable F : fieldType.
Implicit Types m n : nat.

(* VICReg's covariance term as defined: c(K) = (1/M) sum_{j <> k} Cov(K)_{jk}^2, Cov with centring and 1/(N-1). *)
Definition centred m n (K : 'M[F]_(m, n)) : 'M_(m, n) := \matrix_(j, i) (K j i - (\sum_k K j k) / n%:R).
Definition covariance m n (K : 'M[F]_(m, n)) : 'M_m := (n.-1%:R)^-1 *: (centred K *m (centred K)^T).
Definition vicreg_c m n (K : 'M[F]_(m, n)) : F :=
  m%:R^-1 * \sum_j \sum_(k | k != j) covariance K j k ^+ 2.

(* "VICReg is dimension-contrastive": c is L_nc of the centred matrix, up to a factor. *)
Theorem prop_3_2_vicreg m n (K : 'M[F]_(m, n)) :
  vicreg_c K = L_nc (centred K) / (m%:R * n.-1%:R ^+ 2).
Proof.
rewrite /vicreg_c (_ : \sum_j _ = n.-1%:R^-1 ^+ 2 * L_nc (centred K)).
  by rewrite mulrA mulrC invfM exprVn.
rewrite /L_nc sqnorm_off mulr_sumr; apply: eq_bigr => j _; rewrite mulr_sumr; apply: eq_bigr => k _.
by rewrite mxE exprMn.
Qed.

(* Equation 8: "c(K^T) = L_c(K)", for c without VICReg's centring and factors. *)
Theorem eq_8 m n (K : 'M[F]_(m, n)) : L_nc K^T = L_c K.
Proof. by rewrite -L_c_tr trmxK. Qed.

(* Equations 9 and 10: L_reg = sum_i |K_{.,i}|^4 - sum_j |K_{j,.}|^4, and L_nc = L_c + L_reg. *)
Definition L_reg m n (K : 'M[F]_(m, n)) := col4 K - row4 K.

Theorem eq_10 m n (K : 'M[F]_(m, n)) : L_nc K = L_c K + L_reg K.
Proof. by rewrite addrA -thm_3_3 addrK. Qed.

(* With VICReg's centring and factors the same centred matrix stands on both sides. *)
Theorem eq_10_centred m n (K : 'M[F]_(m, n)) :
  vicreg_c K = (L_c (centred K) + L_reg (centred K)) / (m%:R * n.-1%:R ^+ 2).
Proof. by rewrite prop_3_2_vicreg eq_10. Qed.

End VICReg.

(* Equation 8 taken literally, c with its centring: for K = ones(3, 4), c(K^T) = 0 and L_c(K) = 108. *)
Theorem eq_8_counterexample (F : numFieldType) (K : 'M[F]_(3, 4)) :
  K = const_mx 1 -> vicreg_c K^T = 0 /\ L_c K = 108%:R.
Proof.
move: K => _ ->; set K := const_mx 1; split.
  rewrite prop_3_2_vicreg (_ : centred K^T = 0) ?/L_nc.
    by rewrite mul0mx sqnorm_off big1 ?mul0r // => j _; apply: big1 => k _; rewrite mxE expr0n.
  apply/matrixP => i j; rewrite !mxE (eq_bigr (fun=> 1)) => [|k _]; last by rewrite !mxE.
  by rewrite sumr_const card_ord divff ?subrr // pnatr_eq0.
have cols i : col_sq K i = 3%:R.
  by rewrite /col_sq (sum_equal (c := 1)) ?mulr1 // => j; rewrite mxE expr1n.
have rows j : row_sq K j = 4%:R.
  by rewrite /row_sq (sum_equal (c := 1)) ?mulr1 // => i; rewrite mxE expr1n.
have gram i k : (K^T *m K) i k = 3%:R.
  by rewrite mxE (sum_equal (c := 1)) ?mulr1 // => j; rewrite !mxE mulr1.
have := L_c_split K; rewrite /col4 (sum_equal (c := 3%:R ^+ 2)) => [|i]; last by rewrite cols.
rewrite /sqnorm (sum_equal (c := 4%:R * 3%:R ^+ 2)) => [|i]; last by apply: sum_equal => k; rewrite gram.
by move/(canRL (addrK _)) => ->; ring.
Qed.

Section SpectralContrastive.
Variable F : fieldType.
Implicit Types m n : nat.

(* "Spectral Contrastive is sample-contrastive": with one view the repulsion is L_c / (N (N - 1)) ... *)
Theorem prop_3_2_spectral m n (K : 'M[F]_(m, n)) :
  (\sum_i \sum_(k | k != i) (\sum_j K j i * K j k) ^+ 2) / (n%:R * n.-1%:R) = L_c K / (n%:R * n.-1%:R).
Proof.
rewrite /L_c sqnorm_off; congr (_ / _); apply: eq_bigr => i _; apply: eq_bigr => k _.
by rewrite mxE; congr (_ ^+ 2); apply: eq_bigr => j _; rewrite mxE.
Qed.

(* ... and with two views it is a function of the two covariance matrices and of the positive pairs. *)
Theorem prop_3_2_spectral_cross_view m n (A B : 'M[F]_(m, n)) :
  \sum_i \sum_(k | k != i) (\sum_j A j i * B j k) ^+ 2 =
  inner (A *m A^T) (B *m B^T) - \sum_i (\sum_j A j i * B j i) ^+ 2.
Proof.
have entry i k : (A^T *m B) i k = \sum_j A j i * B j k.
  by rewrite mxE; apply: eq_bigr => j _; rewrite mxE.
under eq_bigr => i _ do under eq_bigr => k _ do rewrite -entry.
under [in RHS]eq_bigr => i _ do rewrite -entry.
by rewrite -cross_view -sqnorm_off_split addrK sqnorm_off.
Qed.

End SpectralContrastive.

Section BarlowTwins.
Variable R : realDomainType.
Implicit Types m n : nat.

(* Barlow Twins on dimensions of norm 1: the cross-correlation matrix C = A B^T against the identity. *)
Definition barlow_twins m n lambda (A B : 'M[R]_(m, n)) : R :=
  let C := A *m B^T in \sum_j (1 - C j j) ^+ 2 + lambda * \sum_j \sum_(k | k != j) C j k ^+ 2.

Lemma sqnorm_sub_unit_rows m n (A B : 'M[R]_(m, n)) : unit_rows A -> unit_rows B ->
  sqnorm (A - B) = 2%:R * \sum_j (1 - (A *m B^T) j j).
Proof.
move=> unitA unitB; rewrite mulr_sumr; apply: eq_bigr => j _.
have -> : \sum_i (A - B) j i ^+ 2 = row_sq A j - (A *m B^T) j j *+ 2 + row_sq B j.
  rewrite mxE -sumrMnl -sumrB -big_split; apply: eq_bigr => i _ /=.
  by rewrite !mxE; move: (A j i) (B j i) => x y; ring.
by rewrite unitA unitB; move: ((A *m B^T) j j) => x; ring.
Qed.

(* "Barlow Twins is dimension-contrastive": it is zero exactly where the views agree and L_nc = 0. *)
Theorem prop_3_2_barlow_twins_zero m n lambda (A B : 'M[R]_(m, n)) :
  0 < lambda -> unit_rows A -> unit_rows B ->
  barlow_twins lambda A B = 0 <-> A = B /\ L_nc A = 0.
Proof.
move=> lambda_gt0 unitA unitB; rewrite /barlow_twins -sqnorm_off; set C := A *m B^T.
have diag_ge0 : 0 <= \sum_j (1 - C j j) ^+ 2 by apply: sumr_ge0 => j _; exact: sqr_ge0.
split=> [/eqP | [AB L0]].
  rewrite paddr_eq0 //; last by rewrite mulr_ge0 ?sqnorm_ge0 ?ltW.
  rewrite mulf_eq0 (gt_eqF lambda_gt0) /= => /andP[/eqP diag0 /eqP off0].
  have AB : A = B.
    apply/eqP; rewrite -subr_eq0; apply/eqP/sqnorm_eq0; rewrite sqnorm_sub_unit_rows // big1 ?mulr0 // => j _.
    apply/eqP; rewrite -sqrf_eq0; move/eqP: diag0; rewrite psumr_eq0 => [/allP/(_ j)|k _]; last exact: sqr_ge0.
    by apply; rewrite mem_index_enum.
  by split=> //; rewrite /L_nc [in A^T]AB.
rewrite /C -AB -/(L_nc A) L0 mulr0 addr0 big1 // => j _.
by rewrite cov_diag unitA subrr expr0n.
Qed.

(* The redundancy term alone controls nothing: rows (1, 0) in one view and (0, 1) in the other. *)
Theorem prop_3_2_barlow_twins_counterexample :
  exists A B : 'M[R]_2, [/\ unit_rows A, unit_rows B,
    forall j k, (A *m B^T) j k = 0 & L_nc A = 2%:R].
Proof.
exists (\matrix_(j, i) (i == 0)%:R), (\matrix_(j, i) (i == 1)%:R); split=> [j|j|j k|].
- by rewrite /row_sq !big_ord_recl big_ord0 !mxE expr1n expr0n !addr0.
- by rewrite /row_sq !big_ord_recl big_ord0 !mxE expr1n expr0n addr0 add0r.
- by rewrite mxE !big_ord_recl big_ord0 !mxE mulr0 mul0r !addr0.
rewrite /L_nc sqnorm_off (eq_bigr (fun=> 1)) ?sumr_const ?card_ord // => j _.
rewrite (bigD1 (1 - j)) /=; last by case: j => [[|[|j]]].
rewrite big1 => [|k]; last by case: j k => [[|[|j]]] ? [[|[|k]]].
by rewrite addr0 mxE !big_ord_recl big_ord0 !mxE mulr1 mulr0 !addr0 expr1n.
Qed.

End BarlowTwins.
