(* Definition 3.2 says "minimises": over unit embeddings the least L_c is the Welch bound, and L_nc = 0 does not
   exclude total collapse. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality normalization bounds.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section Welch.
Variable R : realDomainType.
Implicit Types m n : nat.

Lemma mass_unit m n (K : 'M[R]_(m, n)) : unit_columns K -> sqnorm K = n%:R.
Proof. by move=> cols; rewrite -sum_col_sq (sum_equal cols) mulr1. Qed.

Lemma L_c_unit m n (K : 'M[R]_(m, n)) : unit_columns K -> L_c K = sqnorm (K *m K^T) - n%:R.
Proof.
move=> cols; rewrite -gram_norm_duality -L_c_split /col4 (sum_equal (c := 1)) ?mulr1 ?addrK // => i.
by rewrite cols expr1n.
Qed.

Lemma sqnorm_sub_scalar n (A : 'M[R]_n) s :
  sqnorm (A - s%:M) = sqnorm A - s * \tr A *+ 2 + n%:R * s ^+ 2.
Proof.
rewrite !sqnormE linearB /= tr_scalar_mx mulmxBl !mulmxBr !mul_scalar_mx mul_mx_scalar scale_scalar_mx.
by rewrite !linearB /= !linearZ /= mxtrace_tr mxtrace_scalar -mulr_natl; ring.
Qed.

(* The gap above the Welch bound is a square: the distance of the covariance matrix from (N/M) I. *)
Lemma welch_gap m n (K : 'M[R]_(m, n)) : unit_columns K ->
  sqnorm (m%:R *: (K *m K^T) - n%:R%:M) = m%:R * (m%:R * L_c K - (n%:R ^+ 2 - m%:R * n%:R)).
Proof.
move=> cols; rewrite sqnorm_sub_scalar (L_c_unit cols) linearZ /= -sqnormE (mass_unit cols).
have -> : sqnorm (m%:R *: (K *m K^T)) = m%:R ^+ 2 * sqnorm (K *m K^T).
  rewrite mulr_sumr; apply: eq_bigr => j _; rewrite mulr_sumr; apply: eq_bigr => k _.
  by rewrite mxE exprMn.
by set S := sqnorm _; ring.
Qed.

Definition minimises_L_c m n (K : 'M[R]_(m, n)) :=
  unit_columns K /\ forall K' : 'M[R]_(m, n), unit_columns K' -> L_c K <= L_c K'.

(* "Sample-contrastive: minimises L_c": over unit embeddings L_c is at least N^2/M - N. *)
Theorem def_3_2_welch m n (K : 'M[R]_(m, n)) :
  unit_columns K -> n%:R ^+ 2 - m%:R * n%:R <= m%:R * L_c K.
Proof.
move=> cols; have [n0 | n_gt0] := posnP n.
  have -> : n%:R = 0 :> R by rewrite n0.
  by rewrite expr0n mulr0 subrr mulr_ge0 ?ler0n ?sqnorm_ge0.
have m_gt0 := unit_columns_dim cols n_gt0.
by rewrite -subr_ge0 -(pmulr_rge0 _ (_ : 0 < m%:R)) ?ltr0n // -welch_gap ?sqnorm_ge0.
Qed.

End Welch.

Section MinimumZero.
Variable R : realFieldType.
Implicit Types m n : nat.

(* The Welch bound is reached exactly by the tight frames, K K^T = (N/M) I. *)
Theorem def_3_2_welch_equality m n (K : 'M[R]_(m, n)) :
  (0 < m)%N -> unit_columns K ->
  m%:R * L_c K = n%:R ^+ 2 - m%:R * n%:R <-> K *m K^T = (n%:R / m%:R)%:M.
Proof.
move=> m_gt0 cols; have m0 : m%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have := welch_gap cols; set gap := _ - _ => E.
have -> : m%:R * L_c K = n%:R ^+ 2 - m%:R * n%:R <-> gap = 0.
  by rewrite /gap; split=> [->|/eqP]; rewrite ?subrr // subr_eq0 => /eqP.
have -> : gap = 0 <-> m%:R * gap = 0.
  by split=> [->|/eqP]; rewrite ?mulr0 // mulf_eq0 (negPf m0) => /eqP.
rewrite -E sqnorm_eq0; split=> [/eqP | ->].
  by rewrite subr_eq0 => /eqP/(canRL (scalerK m0)) ->; rewrite scale_scalar_mx mulrC.
by rewrite scale_scalar_mx mulrC divfK // subrr.
Qed.

(* min L_c = 0 over unit embeddings if and only if N <= M. *)
Theorem def_3_2_minimum m n :
  (exists2 K : 'M[R]_(m, n), unit_columns K & L_c K = 0) <-> (n <= m)%N.
Proof.
split=> [[K cols L0] | nm].
  have := def_3_2_welch cols; rewrite L0 mulr0 subr_le0 -natrX -natrM ler_nat expnS expn1.
  by case: n {K cols L0} => // n; rewrite leq_pmul2r.
pose K : 'M[R]_(m, n) := \matrix_(j, i) (j == widen_ord nm i)%:R.
have G : K^T *m K = 1%:M.
  apply/matrixP => i k; rewrite !mxE (bigD1 (widen_ord nm i)) //= !mxE eqxx mul1r big1 => [|j /negPf ji].
    by rewrite addr0 -(inj_eq val_inj).
  by rewrite !mxE ji mul0r.
exists K => [i|]; first by rewrite -gram_diag G mxE eqxx.
rewrite /L_c sqnorm_off G big1 // => i _; apply: big1 => k ki.
by rewrite mxE eq_sym (negPf ki) expr0n.
Qed.

(* L_c protects from collapse where embeddings are normalised: at L_c = 0 they are linearly independent, and where
   all of them are one vector L_c = N^2 - N. *)
Theorem def_3_2_protects_embeddings m n (K : 'M[R]_(m, n)) : unit_columns K ->
  (L_c K = 0 -> \rank K = n) /\ ((forall i k, col i K = col k K) -> L_c K = n%:R ^+ 2 - n%:R).
Proof.
move=> cols; split=> [L0 | same].
  have gram : K^T *m K = 1%:M.
    apply/matrixP => i k; rewrite [RHS]mxE; have [<- | ik] := eqVneq i k; first by rewrite gram_diag cols.
    move: L0; rewrite /L_c => /sqnorm_eq0/matrixP/(_ i k).
    by rewrite [LHS]mxE [X in _ + X]mxE [diag _ _ _]mxE (negPf ik) oppr0 addr0 [RHS]mxE.
  by apply/eqP; rewrite eqn_leq rank_leq_col -[X in (X <= _)%N](mxrank1 R n) -gram mxrankM_maxr.
rewrite (_ : L_c K = sqnorm (K^T *m K) - col4 K); last by rewrite -L_c_split addrK.
have gram i k : (K^T *m K) i k = 1.
  rewrite -(cols i) -gram_diag !mxE; apply: eq_bigr => j _; rewrite !mxE.
  by move/colP/(_ j): (same i k); rewrite !mxE => ->.
rewrite /sqnorm (sum_equal (c := n%:R * 1)) => [|i]; last by apply: sum_equal => k; rewrite gram expr1n.
by rewrite /col4 (sum_equal (c := 1)) => [|i]; rewrite ?cols ?expr1n // !mulr1 expr2.
Qed.

(* L_nc protects where dimensions are normalised: at L_nc = 0 they are linearly independent, and where all embeddings
   are one vector L_nc = M^2 - M. *)
Theorem def_3_2_protects_dimensions m n (K : 'M[R]_(m, n)) : unit_rows K ->
  (L_nc K = 0 -> \rank K = m) /\ ((forall i k, col i K = col k K) -> L_nc K = m%:R ^+ 2 - m%:R).
Proof.
move=> rows; have cols : unit_columns K^T by move=> j; rewrite col_sq_tr.
have [independent _] := def_3_2_protects_embeddings cols; split=> [L0 | same].
  by rewrite -mxrank_tr independent // L_c_tr.
have entry j i k : K j i = K j k by move/colP/(_ j): (same i k); rewrite !mxE.
have cov j k : (K *m K^T) j k ^+ 2 = 1.
  have -> : (K *m K^T) j k ^+ 2 = row_sq K j * row_sq K k; last by rewrite !rows mulr1.
  rewrite expr2 [LHS]mulrC !mxE !big_distrlr; apply: eq_bigr => i _; apply: eq_bigr => l _ /=.
  by rewrite !mxE (entry j l i) (entry k l i); ring.
rewrite (_ : L_nc K = sqnorm (K *m K^T) - row4 K); last by rewrite -L_nc_split addrK.
rewrite /sqnorm (sum_equal (c := m%:R * 1)) => [|j]; last by apply: sum_equal => k; rewrite cov.
by rewrite /row4 (sum_equal (c := 1)) => [|j]; rewrite ?rows ?expr1n // !mulr1 expr2.
Qed.

End MinimumZero.

(* K = e_1 1^T: all embeddings are one vector. L_nc = 0, while L_c = N^2 - N. *)
Theorem def_3_2_collapse (R : comRingType) m n (K : 'M[R]_(m.+1, n)) :
  K = \matrix_(j, i) (j == 0)%:R ->
  [/\ unit_columns K, L_nc K = 0 & L_c K = n%:R ^+ 2 - n%:R].
Proof.
move: K => _ ->; set K := (X in unit_columns X); have cols : unit_columns K.
  move=> i; rewrite /col_sq (bigD1 0) //= mxE expr1n big1 ?addr0 // => j /negPf j0.
  by rewrite mxE j0 expr0n.
have L0 : L_nc K = 0.
  rewrite /L_nc sqnorm_off big1 // => j _; apply: big1 => k kj.
  rewrite mxE big1 ?expr0n // => i _; rewrite !mxE -natrM mulnb.
  by case: (j =P 0) kj => [->|] // /negPf ->.
split=> //; have := thm_3_3 K; rewrite L0 add0r.
have -> : row4 K = n%:R ^+ 2.
  rewrite /row4 (bigD1 0) //= big1 => [|j /negPf j0].
    by rewrite addr0 /row_sq (sum_equal (c := 1)) ?mulr1 // => i; rewrite mxE expr1n.
  by rewrite /row_sq big1 ?expr0n // => i _; rewrite mxE j0 expr0n.
rewrite /col4 (sum_equal (c := 1)) => [->|i]; last by rewrite cols expr1n.
by rewrite mulr1 addrK.
Qed.
