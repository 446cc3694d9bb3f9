(* Sylvester's identity and spectral duality over any commutative ring; Hadamard's inequality with its equality
   case over an ordered field. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria bounds.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section CommutativeRing.
Variable R : comRingType.
Implicit Types m n : nat.

(* det(x I + A B) on the smaller side, weighted: both are the determinant of one block matrix. *)
Lemma det_exchange m n (A : 'M[R]_(m, n)) (B : 'M[R]_(n, m)) x :
  x ^+ n * \det (x%:M + A *m B) = x ^+ m * \det (x%:M + B *m A).
Proof.
pose blocks := block_mx x%:M (- A) B 1%:M.
have left : \det blocks = \det (x%:M + A *m B).
  have -> : blocks = block_mx (x%:M + A *m B) (- A) 0 1%:M *m block_mx 1%:M 0 B 1%:M.
    by rewrite mulmx_block !(mulmx0, mul0mx, mulmx1, mul1mx, addr0, add0r) mulNmx addrK.
  by rewrite det_mulmx det_ublock det_lblock !det1 !mulr1.
have right : \det blocks * x ^+ n = x ^+ m * \det (x%:M + B *m A).
  rewrite -[x ^+ m]det_scalar -[x ^+ n]det_scalar.
  have -> : \det (x%:M : 'M_n) = \det (block_mx (1%:M : 'M_m) A 0 x%:M).
    by rewrite det_ublock det1 mul1r.
  rewrite -det_mulmx mulmx_block !(mulmx0, mul0mx, mulmx1, mul1mx, addr0, add0r).
  by rewrite mulNmx mul_scalar_mx mul_mx_scalar addrN det_lblock addrC.
by rewrite -left mulrC.
Qed.

(* Sylvester: det(I + A B) = det(I + B A). *)
Theorem sylvester m n (A : 'M[R]_(m, n)) (B : 'M[R]_(n, m)) :
  \det (1%:M + A *m B) = \det (1%:M + B *m A).
Proof. by have := det_exchange A B 1; rewrite !expr1n !mul1r. Qed.

(* TCR, "dimension-contrastive": the same number on either side. *)
Theorem prop_3_2_tcr_self_dual m n (K : 'M[R]_(m, n)) a :
  \det (1%:M + a *: (K *m K^T)) = \det (1%:M + a *: (K^T *m K)).
Proof. by rewrite !scalemxAl sylvester -scalemxAr -scalemxAl. Qed.

End CommutativeRing.

Section SpectralDuality.
Variable R : comRingType.
Implicit Types m n : nat.

(* Ours: the characteristic polynomials of A B and B A agree up to a power of X, so that every spectral function
   of the Gram matrix is one of the covariance matrix. *)
Theorem spectral_duality m n (A : 'M[R]_(m, n)) (B : 'M[R]_(n, m)) :
  'X^n * char_poly (A *m B) = 'X^m * char_poly (B *m A).
Proof.
have := det_exchange (map_mx polyC A) (- map_mx polyC B) 'X.
by rewrite mulmxN mulNmx -!map_mxM.
Qed.

(* A square matrix to the k, any size. *)
Definition power n (A : 'M[R]_n) k := iter k (mulmx A) 1%:M.

Lemma powerS n (A : 'M[R]_n) k : power A k.+1 = A *m power A k.
Proof. by []. Qed.

Theorem spectral_duality_traces m n (A : 'M[R]_(m, n)) (B : 'M[R]_(n, m)) k :
  \tr (power (A *m B) k.+1) = \tr (power (B *m A) k.+1).
Proof.
have powerE : power (A *m B) k.+1 = A *m power (B *m A) k *m B.
  elim: k => [|k IH]; first by rewrite /power /= !mulmx1.
  by rewrite powerS IH powerS !mulmxA.
by rewrite powerE -mulmxA mxtrace_mulC powerS -mulmxA mxtrace_mulC.
Qed.

End SpectralDuality.

Section Hadamard.
Variable R : realFieldType.
Implicit Types n : nat.

Lemma leif_prod_pos (I : finType) (E F : I -> R) (C : pred I) :
  (forall i, 0 < E i) -> (forall i, E i <= F i ?= iff C i) ->
  \prod_i E i <= \prod_i F i ?= iff [forall i, C i].
Proof.
move=> E_gt0 EF; apply/leifP; case: ifPn => [/forallP allC | /forallPn[i nCi]].
  by apply/eqP/eq_bigr => i _; apply/eqP; rewrite (EF i).2.
rewrite (bigD1 i) //= [X in _ < X](bigD1 i) //=.
have ltEF : E i < F i by rewrite (lt_leif (EF i)).
rewrite (lt_le_trans (_ : _ < F i * \prod_(j | j != i) E j)) ?ltr_pmul2r ?prodr_gt0 //.
rewrite ler_pmul2l ?(lt_trans (E_gt0 i)) //; apply: ler_prod => j _.
by rewrite (ltW (E_gt0 j)) (EF j).
Qed.

Definition posdef n (A : 'M[R]_n) :=
  A^T = A /\ forall x : 'rV_n, x != 0 -> 0 < (x *m A *m x^T) 0 0.

Lemma posdef_diag n (A : 'M[R]_n) i : posdef A -> 0 < A i i.
Proof.
case=> _ /(_ (delta_mx 0 i)); rewrite -rowE trmx_delta -colE !mxE; apply.
by apply/eqP => /matrixP/(_ 0 i)/eqP; rewrite !mxE !eqxx oner_eq0.
Qed.

(* The Schur complement of the first entry, and the factorisation behind it. *)
Definition schur n (A : 'M[R]_(1 + n)) : 'M[R]_n :=
  drsubmx A - (A 0 0)^-1 *: (dlsubmx A *m ursubmx A).

Lemma schur_factors n (A : 'M[R]_(1 + n)) : A 0 0 != 0 ->
  A = block_mx (A 0 0)%:M 0 (dlsubmx A) 1%:M *m block_mx 1%:M ((A 0 0)^-1 *: ursubmx A) 0 (schur A).
Proof.
move=> a0; rewrite mulmx_block !(mulmx0, mul0mx, mulmx1, mul1mx, addr0, add0r) mul_scalar_mx scalerA.
rewrite divff // scale1r -scalemxAr /schur addrC subrK -[LHS]submxK; congr block_mx.
by apply/matrixP => i j; rewrite !ord1 !mxE eqxx; congr (A _ _); apply: val_inj.
Qed.

Lemma det_schur n (A : 'M[R]_(1 + n)) : A 0 0 != 0 -> \det A = A 0 0 * \det (schur A).
Proof.
move=> a0; rewrite {1}(schur_factors a0) det_mulmx det_lblock det_ublock !det1 det_scalar1.
by rewrite mulr1 mul1r.
Qed.

Lemma sym_submx n (A : 'M[R]_(1 + n)) : A^T = A -> ursubmx A = (dlsubmx A)^T.
Proof. by move=> symA; rewrite trmx_dlsub symA. Qed.

Lemma posdef_schur n (A : 'M[R]_(1 + n)) : posdef A -> posdef (schur A).
Proof.
move=> pdA; have [symA posA] := pdA; have a0 := lt0r_neq0 (posdef_diag 0 pdA).
split=> [|x x0].
  by rewrite /schur sym_submx // linearB linearZ /= trmx_mul trmxK trmx_drsub symA.
pose y := row_mx (- (A 0 0)^-1 *: (x *m dlsubmx A)) x.
have y0 : y != 0 by apply: contra x0 => /eqP/(congr1 rsubmx); rewrite row_mxKr linear0 => ->.
have := posA y y0; rewrite {1}(schur_factors a0) /y mulmxA mul_row_block.
rewrite mulmx0 mulmx1 mul_mx_scalar scalerA mulrN divff // scaleN1r addNr add0r.
by rewrite -mulmxA tr_row_mx mul_block_col mul_row_col mul0mx add0r mul0mx add0r mulmxA.
Qed.

Lemma schur_diag n (A : 'M[R]_(1 + n)) i : posdef A ->
  schur A i i <= drsubmx A i i ?= iff (dlsubmx A i 0 == 0).
Proof.
move=> pdA; have a_gt0 := posdef_diag 0 pdA.
have -> : schur A i i = drsubmx A i i - (A 0 0)^-1 * dlsubmx A i 0 ^+ 2.
  rewrite [LHS]mxE; congr (_ + _); rewrite [LHS]mxE [X in - X]mxE; congr (- (_ * _)).
  by rewrite mxE big_ord1 (sym_submx pdA.1) [X in _ * X]mxE expr2.
split; first by rewrite ler_subl_addr ler_addl mulr_ge0 ?sqr_ge0 ?invr_ge0 ?ltW.
by rewrite -subr_eq0 addrAC subrr add0r oppr_eq0 mulf_eq0 invr_eq0 (gt_eqF a_gt0) sqrf_eq0.
Qed.

Lemma is_diag_schur n (A : 'M[R]_(1 + n)) : posdef A ->
  is_diag_mx (schur A) && [forall i, dlsubmx A i 0 == 0] = is_diag_mx A.
Proof.
move=> pdA; rewrite -[A in RHS]submxK is_diag_block_mx // (sym_submx pdA.1).
have -> : [forall i, dlsubmx A i 0 == 0] = (dlsubmx A == 0).
  apply/forallP/eqP => [b0 | -> i]; last by rewrite mxE.
  by apply/matrixP => i j; rewrite ord1 (eqP (b0 i)) mxE.
rewrite andbC; case: eqP => [b0 | b0]; rewrite /= ?andbF // /schur b0 trmx0 mul0mx scaler0 subr0 eqxx.
by rewrite mx11_is_diag.
Qed.

(* Hadamard's inequality: the determinant is at most the product of the diagonal, with equality for diagonal
   matrices only. *)
Theorem hadamard n (A : 'M[R]_n) : posdef A ->
  0 < \det A /\ \det A <= \prod_i A i i ?= iff is_diag_mx A.
Proof.
elim: n A => [|n IH] A pdA.
  rewrite det_mx00 big_ord0 ltr01; split=> //; apply/leif_refl/is_diag_mxP; by case.
have a_gt0 := posdef_diag 0 pdA; have a0 := lt0r_neq0 a_gt0.
have [detS_gt0 detS] := IH (schur A : 'M_n) (posdef_schur pdA).
rewrite (det_schur a0) pmulr_rgt0 //; split=> //.
have := leif_trans detS (leif_prod_pos (fun i => posdef_diag i (posdef_schur pdA)) (fun i => schur_diag i pdA)).
have -> : \prod_i A i i = A 0 0 * \prod_i drsubmx (A : 'M_(1 + n)) i i.
  rewrite big_ord_recl; congr (_ * _); apply: eq_bigr => i _.
  by rewrite !mxE; congr (A _ _); apply: val_inj.
by rewrite (mono_leif (ler_pmul2l a_gt0)) (is_diag_schur pdA).
Qed.

End Hadamard.
