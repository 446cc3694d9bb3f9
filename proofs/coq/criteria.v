(* The criteria of Definition 3.2 and the quantities that the other files speak of, over any ring.

   K is M x N as in the paper: column K_{.,i} is the embedding of sample i, row K_{j,.} one dimension over the
   batch. Norms appear only as squares, so that nothing here needs a root. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory.
Local Open Scope ring_scope.

(* Print matrices with the ring of their entries, which mathcomp leaves out. *)
Notation "''M[' R ]_ ( m , n )" := (matrix R m n) (format "''M[' R ]_ ( m ,  n )") : type_scope.
Notation "''M[' R ]_ n" := (matrix R n n) (format "''M[' R ]_ n") : type_scope.
Notation "''rV[' R ]_ n" := (matrix R 1 n) (format "''rV[' R ]_ n") : type_scope.

Section Definitions.
Variable R : ringType.

(* Definition 3.1: "diag(A): A's diagonal kept, everything else zero". *)
Definition diag n (A : 'M[R]_n) : 'M[R]_n := \matrix_(i, j) (A i j *+ (i == j)).

(* The squared Frobenius norm and the Frobenius inner product. *)
Definition sqnorm m n (A : 'M[R]_(m, n)) : R := \sum_i \sum_j A i j ^+ 2.
Definition inner m n (A B : 'M[R]_(m, n)) : R := \sum_i \sum_j A i j * B i j.

(* Definition 3.2: the sample-contrastive and the dimension-contrastive criterion. *)
Definition L_c m n (K : 'M[R]_(m, n)) : R := sqnorm (K^T *m K - diag (K^T *m K)).
Definition L_nc m n (K : 'M[R]_(m, n)) : R := sqnorm (K *m K^T - diag (K *m K^T)).

(* Squared norms of a dimension (row) and of an embedding (column), and the sums of fourth powers of norms. *)
Definition row_sq m n (K : 'M[R]_(m, n)) j : R := \sum_i K j i ^+ 2.
Definition col_sq m n (K : 'M[R]_(m, n)) i : R := \sum_j K j i ^+ 2.
Definition row4 m n (K : 'M[R]_(m, n)) : R := \sum_j row_sq K j ^+ 2.
Definition col4 m n (K : 'M[R]_(m, n)) : R := \sum_i col_sq K i ^+ 2.

(* Normalised embeddings and normalised dimensions. *)
Definition unit_columns m n (K : 'M[R]_(m, n)) := forall i, col_sq K i = 1.
Definition unit_rows m n (K : 'M[R]_(m, n)) := forall j, row_sq K j = 1.

End Definitions.

Section AnyRing.
Variable R : ringType.
Implicit Types m n : nat.

(* Definition 3.1 is a projection onto diagonal matrices. *)
Theorem def_3_1_diag_idempotent n (A : 'M[R]_n) : diag (diag A) = diag A.
Proof. by apply/matrixP => i j; rewrite !mxE; case: eqP. Qed.

Lemma sqnormE m n (A : 'M[R]_(m, n)) : sqnorm A = \tr (A *m A^T).
Proof.
by apply: eq_bigr => i _; rewrite mxE; apply: eq_bigr => j _; rewrite mxE expr2.
Qed.

Lemma innerE m n (A B : 'M[R]_(m, n)) : inner A B = \tr (A *m B^T).
Proof. by apply: eq_bigr => i _; rewrite mxE; apply: eq_bigr => j _; rewrite mxE. Qed.

Lemma sqnorm_inner m n (A : 'M[R]_(m, n)) : sqnorm A = inner A A.
Proof. by rewrite sqnormE innerE. Qed.

Lemma sqnorm_tr m n (A : 'M[R]_(m, n)) : sqnorm A^T = sqnorm A.
Proof.
by rewrite /sqnorm exchange_big; apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite mxE.
Qed.

Lemma inner_tr m n (A B : 'M[R]_(m, n)) : inner A^T B^T = inner A B.
Proof.
by rewrite /inner exchange_big; apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite !mxE.
Qed.

(* The two sides of the duality are exchanged by transposition. *)
Lemma L_c_tr m n (K : 'M[R]_(m, n)) : L_c K^T = L_nc K.
Proof. by rewrite /L_c trmxK. Qed.

Lemma row_sq_tr m n (K : 'M[R]_(m, n)) i : row_sq K^T i = col_sq K i.
Proof. by apply: eq_bigr => j _; rewrite mxE. Qed.

Lemma col_sq_tr m n (K : 'M[R]_(m, n)) j : col_sq K^T j = row_sq K j.
Proof. by apply: eq_bigr => i _; rewrite mxE. Qed.

Lemma row4_tr m n (K : 'M[R]_(m, n)) : row4 K^T = col4 K.
Proof. by apply: eq_bigr => i _; rewrite row_sq_tr. Qed.

Lemma col4_tr m n (K : 'M[R]_(m, n)) : col4 K^T = row4 K.
Proof. by rewrite -row4_tr trmxK. Qed.

(* The total energy, read along rows and along columns. *)
Lemma sum_row_sq m n (K : 'M[R]_(m, n)) : \sum_j row_sq K j = sqnorm K.
Proof. by []. Qed.

Lemma sum_col_sq m n (K : 'M[R]_(m, n)) : \sum_i col_sq K i = sqnorm K.
Proof. by rewrite /sqnorm exchange_big. Qed.

(* The diagonals of the Gram matrix and of the covariance matrix are the squared norms. *)
Lemma gram_diag m n (K : 'M[R]_(m, n)) i : (K^T *m K) i i = col_sq K i.
Proof. by rewrite mxE; apply: eq_bigr => j _; rewrite mxE expr2. Qed.

Lemma cov_diag m n (K : 'M[R]_(m, n)) j : (K *m K^T) j j = row_sq K j.
Proof. by rewrite mxE; apply: eq_bigr => i _; rewrite mxE expr2. Qed.

(* Off-diagonal part of a square matrix: entrywise, and as total minus diagonal. *)
Lemma sqnorm_off n (A : 'M[R]_n) : sqnorm (A - diag A) = \sum_i \sum_(j | j != i) A i j ^+ 2.
Proof.
apply: eq_bigr => i _; rewrite [RHS]big_mkcond; apply: eq_bigr => j _.
by rewrite !mxE eq_sym; case: eqP => [->|_] /=; rewrite ?subrr ?expr0n ?subr0.
Qed.

Lemma sqnorm_off_split n (A : 'M[R]_n) : sqnorm (A - diag A) + \sum_i A i i ^+ 2 = sqnorm A.
Proof.
rewrite sqnorm_off -big_split; apply: eq_bigr => i _ /=.
by rewrite addrC [RHS](bigD1 i).
Qed.

(* Definition 3.1 is an orthogonal projection: Pythagoras. *)
Theorem def_3_1_pythagoras n (A : 'M[R]_n) : sqnorm A = sqnorm (diag A) + sqnorm (A - diag A).
Proof.
rewrite -sqnorm_off_split addrC; congr (_ + _); apply: eq_bigr => i _.
rewrite (bigD1 i) //= big1 => [|j ji]; first by rewrite !mxE eqxx mulr1n addr0.
by rewrite !mxE eq_sym (negPf ji) mulr0n expr0n.
Qed.

Lemma L_c_split m n (K : 'M[R]_(m, n)) : L_c K + col4 K = sqnorm (K^T *m K).
Proof.
rewrite -sqnorm_off_split; congr (_ + _).
by apply: eq_bigr => i _; rewrite gram_diag.
Qed.

Lemma L_nc_split m n (K : 'M[R]_(m, n)) : L_nc K + row4 K = sqnorm (K *m K^T).
Proof. by rewrite -L_c_tr -col4_tr L_c_split trmxK. Qed.

End AnyRing.
