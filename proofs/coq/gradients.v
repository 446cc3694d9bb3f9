(* First-order terms of the criteria, over any commutative ring.

   A derivative is the coefficient of t in f(K + tH), read in the ring of polynomials in t; `line_eval` says that
   these polynomials are the values of the criteria along the line. A matrix D is the gradient when that coefficient
   is <D, H> for every direction H. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory.
Local Open Scope ring_scope.

Section Gradients.
Variable R : comRingType.
Implicit Types m n : nat.

(* The line K + tH, t the variable. *)
Definition line m n (K H : 'M[R]_(m, n)) : 'M[{poly R}]_(m, n) :=
  map_mx polyC K + 'X *: map_mx polyC H.

Lemma sqnorm_map (S : ringType) (f : {rmorphism S -> R}) m n (A : 'M[S]_(m, n)) :
  sqnorm (map_mx f A) = f (sqnorm A).
Proof.
rewrite rmorph_sum; apply: eq_bigr => i _; rewrite rmorph_sum; apply: eq_bigr => j _.
by rewrite mxE rmorphX.
Qed.

Lemma L_c_map (S : ringType) (f : {rmorphism S -> R}) m n (K : 'M[S]_(m, n)) :
  L_c (map_mx f K) = f (L_c K).
Proof.
rewrite -sqnorm_map /L_c map_trmx -map_mxM; congr sqnorm.
by apply/matrixP => i j; rewrite !mxE rmorphB rmorphMn.
Qed.

Lemma line_eval m n (K H : 'M[R]_(m, n)) t :
  [/\ (sqnorm ((line K H)^T *m line K H)).[t] = sqnorm ((K + t *: H)^T *m (K + t *: H)),
      (L_c (line K H)).[t] = L_c (K + t *: H) & (L_nc (line K H)).[t] = L_nc (K + t *: H)].
Proof.
have lineE : map_mx (horner_eval t) (line K H) = K + t *: H.
  by apply/matrixP => i j; rewrite !mxE /horner_eval hornerD hornerM hornerX !hornerC.
by rewrite -!lineE -!L_c_tr map_trmx !L_c_map -map_mxM sqnorm_map.
Qed.

Definition coef_mx m n k (A : 'M[{poly R}]_(m, n)) := map_mx (fun p : {poly R} => p`_k) A.

Lemma coef0M (p q : {poly R}) : (p * q)`_0 = p`_0 * q`_0.
Proof. by rewrite coefM big_ord_recl big_ord0 addr0. Qed.

Lemma coef1M (p q : {poly R}) : (p * q)`_1 = p`_0 * q`_1 + p`_1 * q`_0.
Proof. by rewrite coefM !big_ord_recl big_ord0 addr0. Qed.

Lemma coef0_mul m n p (A : 'M[{poly R}]_(m, n)) (B : 'M[{poly R}]_(n, p)) :
  coef_mx 0 (A *m B) = coef_mx 0 A *m coef_mx 0 B.
Proof.
by apply/matrixP => i j; rewrite !mxE coef_sum; apply: eq_bigr => k _; rewrite coef0M !mxE.
Qed.

(* The product rule. *)
Lemma coef1_mul m n p (A : 'M[{poly R}]_(m, n)) (B : 'M[{poly R}]_(n, p)) :
  coef_mx 1 (A *m B) = coef_mx 0 A *m coef_mx 1 B + coef_mx 1 A *m coef_mx 0 B.
Proof.
apply/matrixP => i j; rewrite !mxE coef_sum -big_split; apply: eq_bigr => k _ /=.
by rewrite coef1M !mxE.
Qed.

Lemma coef0_line m n (K H : 'M[R]_(m, n)) : coef_mx 0 (line K H) = K.
Proof. by apply/matrixP => i j; rewrite !mxE coefD coefXM coefC /= addr0. Qed.

Lemma coef1_line m n (K H : 'M[R]_(m, n)) : coef_mx 1 (line K H) = H.
Proof. by apply/matrixP => i j; rewrite !mxE coefD coefXM !coefC /= add0r. Qed.

Lemma line_tr m n (K H : 'M[R]_(m, n)) : (line K H)^T = line K^T H^T.
Proof. by apply/matrixP => i j; rewrite !mxE. Qed.

Lemma coef1_sqnorm m n (A : 'M[{poly R}]_(m, n)) :
  (sqnorm A)`_1 = 2%:R * inner (coef_mx 0 A) (coef_mx 1 A).
Proof.
rewrite coef_sum mulr_sumr; apply: eq_bigr => i _; rewrite coef_sum mulr_sumr; apply: eq_bigr => j _.
by rewrite expr2 coef1M !mxE mulr_natl mulr2n [X in _ + X]mulrC.
Qed.

Lemma inner_scale m n a (A B : 'M[R]_(m, n)) : inner (a *: A) B = a * inner A B.
Proof. by rewrite !innerE -scalemxAl linearZ. Qed.

Lemma coef1_gram m n (K H : 'M[R]_(m, n)) :
  coef_mx 1 ((line K H)^T *m line K H) = K^T *m H + H^T *m K.
Proof. by rewrite coef1_mul line_tr !coef0_line !coef1_line. Qed.

(* Against a symmetric S the two terms of the derivative of the Gram matrix give the same. *)
Lemma inner_gram m n (K H : 'M[R]_(m, n)) (S : 'M[R]_n) : S^T = S ->
  inner S (K^T *m H + H^T *m K) = 2%:R * inner (K *m S) H.
Proof.
move=> symS; rewrite !innerE linearD mulmxDr linearD /= !trmx_mul !trmxK.
have -> : \tr (S *m (K^T *m H)) = \tr (K *m S *m H^T).
  by rewrite -mxtrace_tr !trmx_mul trmxK symS -mulmxA mxtrace_mulC.
by rewrite mulmxA [\tr (S *m H^T *m K)]mxtrace_mulC mulmxA mulr2n mulrDl !mul1r.
Qed.

(* d/dK |K^T K|^2 = 4 K K^T K. *)
Theorem gradient_gram m n (K H : 'M[R]_(m, n)) :
  (sqnorm ((line K H)^T *m line K H))`_1 = inner (4%:R *: (K *m K^T *m K)) H.
Proof.
rewrite coef1_sqnorm coef0_mul coef1_gram line_tr !coef0_line inner_gram ?trmx_mul ?trmxK //.
by rewrite inner_scale mulmxA; ring.
Qed.

(* d/dK |K K^T|^2 is the same matrix: the two sides of the duality agree to first order. *)
Theorem gradient_cov m n (K H : 'M[R]_(m, n)) :
  (sqnorm (line K H *m (line K H)^T))`_1 = inner (4%:R *: (K *m K^T *m K)) H.
Proof. by rewrite -gram_norm_duality gradient_gram. Qed.

Lemma tr_diag n (A : 'M[R]_n) : (diag A)^T = diag A.
Proof. by apply/matrixP => i j; rewrite !mxE eq_sym; case: eqP => // ->. Qed.

Lemma coef_off n k (A : 'M[{poly R}]_n) :
  coef_mx k (A - diag A) = coef_mx k A - diag (coef_mx k A).
Proof. by apply/matrixP => i j; rewrite !mxE coefB coefMn. Qed.

Lemma inner_off n (A B : 'M[R]_n) : inner (A - diag A) (B - diag B) = inner (A - diag A) B.
Proof.
apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite !mxE.
by case: eqP => [->|_]; rewrite ?subrr ?mul0r // !subr0.
Qed.

(* The gradient of L_c is 4 (K K^T K - K diag(K^T K)). *)
Theorem gradient_lc m n (K H : 'M[R]_(m, n)) :
  (L_c (line K H))`_1 = inner (4%:R *: (K *m K^T *m K - K *m diag (K^T *m K))) H.
Proof.
rewrite coef1_sqnorm !coef_off inner_off coef1_gram coef0_mul line_tr !coef0_line.
rewrite inner_gram; last by rewrite linearB /= tr_diag trmx_mul trmxK.
by rewrite inner_scale mulmxBr mulmxA; ring.
Qed.

(* The gradient of L_nc is 4 (K K^T K - diag(K K^T) K). *)
Theorem gradient_lnc m n (K H : 'M[R]_(m, n)) :
  (L_nc (line K H))`_1 = inner (4%:R *: (K *m K^T *m K - diag (K *m K^T) *m K)) H.
Proof.
rewrite -L_c_tr line_tr gradient_lc -[RHS]inner_tr trmxK.
by rewrite [(_ *: _)^T]linearZ /= [(_ - _)^T]linearB /= !trmx_mul trmxK tr_diag mulmxA.
Qed.

(* On K with equal row norms and equal column norms the two criteria have the same first-order term along every
   direction that keeps the norms of the embeddings: the Riemannian gradients coincide. *)
Theorem gradient_duality m n (K H : 'M[R]_(m, n)) r c :
  (forall j, row_sq K j = r) -> (forall i, col_sq K i = c) -> (forall i, \sum_j K j i * H j i = 0) ->
  (L_c (line K H))`_1 = (L_nc (line K H))`_1.
Proof.
move=> rows cols tangent; rewrite gradient_lc gradient_lnc !inner_scale; congr (_ * _).
have KH0 : inner K H = 0 by rewrite /inner exchange_big big1.
have scalar_diag p (A : 'M[R]_p) s : (forall i, A i i = s) -> diag A = s%:M.
  by move=> As; apply/matrixP => i j; rewrite !mxE; case: eqP => // ->; rewrite As.
rewrite (scalar_diag _ _ c) => [|i]; last by rewrite gram_diag.
rewrite (scalar_diag _ _ r) => [|j]; last by rewrite cov_diag.
rewrite mul_mx_scalar mul_scalar_mx !innerE !mulmxBl !linearB /= -!scalemxAl !linearZ /=.
by rewrite -[\tr (K *m H^T)]innerE KH0 !mulr0.
Qed.

End Gradients.
