(* Theorem 3.3 over any commutative ring, and the identities around it.

   Everything here rests on one fact, the cyclicity of the trace: KᵀK and KKᵀ have the same Frobenius norm. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section CommutativeRing.
Variable R : comRingType.
Implicit Types m n p : nat.

(* Ours: for two views A and B, the cross Gram matrix and the two covariance matrices know the same number. *)
Theorem cross_view m n p (A : 'M[R]_(m, n)) (B : 'M[R]_(m, p)) :
  sqnorm (A^T *m B) = inner (A *m A^T) (B *m B^T).
Proof.
by rewrite sqnormE innerE !trmx_mul !trmxK mulmxA mxtrace_mulC !mulmxA.
Qed.

(* Ours: the Gram matrix and the covariance matrix have the same Frobenius norm. *)
Theorem gram_norm_duality m n (K : 'M[R]_(m, n)) : sqnorm (K^T *m K) = sqnorm (K *m K^T).
Proof. by rewrite cross_view -sqnorm_inner. Qed.

Lemma gram_sym m n (K : 'M[R]_(m, n)) i k : (K^T *m K) i k = (K^T *m K) k i.
Proof. by rewrite -[in LHS](trmxK (K^T *m K)) trmx_mul trmxK mxE. Qed.

(* Theorem 3.3: "L_nc + sum_j |K_{j,.}|^4 = L_c + sum_i |K_{.,i}|^4, any K". *)
Theorem thm_3_3 m n (K : 'M[R]_(m, n)) : L_nc K + row4 K = L_c K + col4 K.
Proof. by rewrite L_nc_split L_c_split gram_norm_duality. Qed.

(* Ours: the same with a weight w_i for each sample (the unweighted theorem has w = 1). *)
Theorem thm_3_3_weighted m n (K : 'M[R]_(m, n)) (w : 'I_n -> R) :
  let C := K *m diag_mx (\row_i w i) *m K^T in
  let G := K^T *m K in
  sqnorm (C - diag C) + \sum_j (\sum_i w i * K j i ^+ 2) ^+ 2 =
  \sum_i \sum_(k | k != i) w i * w k * G i k ^+ 2 + \sum_i w i ^+ 2 * col_sq K i ^+ 2.
Proof.
set D := diag_mx _; move=> C G.
have diagC j : C j j = \sum_i w i * K j i ^+ 2.
  by rewrite mxE; apply: eq_bigr => i _; rewrite mul_mx_diag !mxE expr2 mulrA [w i * _]mulrC.
under eq_bigr => j _ do rewrite -diagC.
rewrite sqnorm_off_split sqnormE -big_split /=.
have -> : \tr (C *m C^T) = \tr (D *m G *m D *m G).
  by rewrite !trmx_mul trmxK tr_diag_mx -!mulmxA mxtrace_mulC !mulmxA.
apply: eq_bigr => i _.
have entry k : (D *m G *m D) i k * G k i = w i * w k * G i k ^+ 2.
  by rewrite [G k i]gram_sym -/G mul_mx_diag mxE mul_diag_mx mxE ![(\row__ _) _ _]mxE; ring.
rewrite mxE (bigD1 i) //= addrC entry gram_diag; congr (_ + _).
by apply: eq_bigr => k _; rewrite entry.
Qed.

End CommutativeRing.

(* Theorem 3.3 for complex embeddings, with the conjugate transpose. *)
Section Hermitian.
Variables (R : comRingType) (conj : {rmorphism R -> R}) (abs2 : R -> R).
Hypothesis conjK : involutive conj.
Hypothesis abs2E : forall z, abs2 z = z * conj z.
Implicit Types m n : nat.
Local Notation "A ^H" := (map_mx conj A^T) (at level 2, format "A ^H").

Lemma adjK m n (A : 'M[R]_(m, n)) : A^H^H = A.
Proof. by apply/matrixP => i j; rewrite !mxE conjK. Qed.

Lemma adj_mul m n p (A : 'M[R]_(m, n)) (B : 'M[R]_(n, p)) : (A *m B)^H = B^H *m A^H.
Proof. by rewrite trmx_mul map_mxM. Qed.

Lemma sum_abs2 m n (A : 'M[R]_(m, n)) : \sum_i \sum_j abs2 (A i j) = \tr (A *m A^H).
Proof. by apply: eq_bigr => i _; rewrite mxE; apply: eq_bigr => j _; rewrite !mxE abs2E. Qed.

Lemma adj_split m n (K : 'M[R]_(m, n)) (C := K *m K^H) :
  \sum_j \sum_(k | k != j) abs2 (C j k) + \sum_j (\sum_i abs2 (K j i)) ^+ 2 = \tr (C *m C).
Proof.
have -> : \tr (C *m C) = \tr (C *m C^H) by rewrite adj_mul adjK.
rewrite -sum_abs2 -big_split; apply: eq_bigr => j _; rewrite [RHS](bigD1 j) //= addrC.
have Cjj : C j j = \sum_i abs2 (K j i) by rewrite mxE; apply: eq_bigr => i _; rewrite !mxE abs2E.
congr (_ + _); rewrite abs2E Cjj expr2; congr (_ * _).
by rewrite rmorph_sum; apply: eq_bigr => i _; rewrite !abs2E rmorphM conjK mulrC.
Qed.

(* Ours: Theorem 3.3 over any commutative ring with an involution, |z|^2 standing for z * conj z. *)
Theorem thm_3_3_involution m n (K : 'M[R]_(m, n)) :
  let C := K *m K^H in
  let G := K^H *m K in
  \sum_j \sum_(k | k != j) abs2 (C j k) + \sum_j (\sum_i abs2 (K j i)) ^+ 2 =
  \sum_i \sum_(k | k != i) abs2 (G i k) + \sum_i (\sum_j abs2 (K j i)) ^+ 2.
Proof.
move=> C G; rewrite adj_split.
have -> : \sum_i (\sum_j abs2 (K j i)) ^+ 2 = \sum_i (\sum_j abs2 (K^H i j)) ^+ 2.
  by apply: eq_bigr => i _; congr (_ ^+ 2); apply: eq_bigr => j _; rewrite !mxE !abs2E conjK mulrC.
have := adj_split K^H; rewrite adjK -/G => ->.
by rewrite /C -!mulmxA mxtrace_mulC !mulmxA.
Qed.

End Hermitian.

(* Ours: Theorem 3.3 for complex entries, word for word with moduli and the conjugate transpose. *)
Theorem thm_3_3_hermitian (C : numClosedFieldType) m n (K : 'M[C]_(m, n)) :
  let adj := map_mx conjC K^T in
  \sum_j \sum_(k | k != j) `|(K *m adj) j k| ^+ 2 + \sum_j (\sum_i `|K j i| ^+ 2) ^+ 2 =
  \sum_i \sum_(k | k != i) `|(adj *m K) i k| ^+ 2 + \sum_i (\sum_j `|K j i| ^+ 2) ^+ 2.
Proof. exact: (thm_3_3_involution (abs2 := fun z => `|z| ^+ 2) (@conjCK C) (@normCK C)). Qed.

(* Ours: over non-commutative entries, with the plain transpose, Theorem 3.3 fails already for M = 1 and N = 2. *)
Theorem thm_3_3_noncommutative_counterexample :
  exists K : 'M['M[int]_2]_(1, 2), L_nc K + row4 K <> L_c K + col4 K.
Proof.
exists (\row_i if i == 0 then delta_mx 0 1 else delta_mx 1 0).
rewrite L_nc_split L_c_split /sqnorm !big_ord_recl !big_ord0 !mxE.
rewrite !big_ord_recl !big_ord0 !mxE /= !expr2 -!mulmxE.
rewrite !mul_delta_mx_cond /= !(mulr0n, mulr1n, addr0, add0r, mul0mx, mulmx0).
by rewrite !mul_delta_mx_cond !eqxx !mulr1n => /matrixP/(_ 0 0); rewrite !mxE.
Qed.
