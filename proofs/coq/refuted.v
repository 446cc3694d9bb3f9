(* Five false variants of our statements, each refuted by a concrete matrix: the proofs elsewhere would notice a
   wrong sign, a lost power, a transposed hypothesis.

   K = (1 1) has M = 1, N = 2, unit columns and one row of squared norm 2; [I I] is its 2 x 4 sibling. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality normalization bounds rank.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section Refuted.
Variable F : realFieldType.

Let K : 'M[F]_(1, 2) := two_bases F 1.

Let columns i : col_sq K i = 1 ^+ 2.
Proof. by rewrite unit_two_bases expr1n. Qed.

Let rows j : row_sq K j = 2%:R.
Proof. exact: row_sq_two_bases. Qed.

Let row4K : row4 K = 4%:R.
Proof. by rewrite /row4 big_ord1 rows -natrX. Qed.

(* "L_nc = L_c + N - M" for unit embeddings and equal dimensions. *)
Theorem refuted_remark_n_minus_m :
  ~ (forall m n (A : 'M[F]_(m, n)), unit_columns A -> (forall j, row_sq A j = n%:R / m%:R) ->
     L_nc A = L_c A + n%:R - m%:R).
Proof.
have equal j : row_sq (two_bases F 2) j = (2 + 2)%:R / 2%:R by rewrite row_sq_two_bases; field.
move=> wrong; move: (wrong _ _ (two_bases F 2) (@unit_two_bases F 2) equal).
exact: remark_3_3_never (@unit_two_bases F 2) equal.
Qed.

(* Lemma 3.4 with N a^4 for N^2 a^4 as the upper bound. *)
Theorem refuted_upper_without_square :
  ~ (forall m n (A : 'M[F]_(m, n)) a, (forall i, col_sq A i = a ^+ 2) -> row4 A <= n%:R * a ^+ 4).
Proof. by move/(_ 1%N 2%N K 1 columns); rewrite row4K expr1n mulr1 ler_nat. Qed.

(* Theorem 3.3 with squared norms for their fourth powers. *)
Theorem refuted_fourth_power_dropped :
  ~ (forall m n (A : 'M[F]_(m, n)), L_nc A + \sum_j row_sq A j = L_c A + \sum_i col_sq A i).
Proof.
move/(_ 1%N 2%N K); rewrite sum_col_sq sum_row_sq => /addIr eqL.
have := thm_3_3 K; rewrite eqL => /addrI/eqP.
by rewrite row4K (col4_unit (@unit_two_bases F 1)) eqr_nat.
Qed.

(* Lemma 3.4 with the bounds for normalised dimensions under the hypothesis of normalised embeddings. *)
Theorem refuted_transposed_lemma :
  ~ (forall m n (A : 'M[F]_(m, n)) a, (forall i, col_sq A i = a ^+ 2) ->
     m%:R ^+ 2 / n%:R * a ^+ 4 <= row4 A <= m%:R ^+ 2 * a ^+ 4).
Proof. by move/(_ 1%N 2%N K 1 columns)/andP => -[_]; rewrite row4K -natrX expr1n mulr1 ler_nat. Qed.

(* Conditioning with the factor N/M for M/N: the true bound is `equal_rows_gram_lower`. *)
Theorem refuted_conditioning_n_over_m :
  ~ (forall m n (A : 'M[F]_(m, n)), (forall j k, row_sq A j = row_sq A k) ->
     n%:R / m%:R * row4 A <= sqnorm (A^T *m A)).
Proof.
move/(_ 1%N 2%N K) => /(_ (fun j k => etrans (rows j) (esym (rows k)))).
rewrite gram_norm_duality -L_nc_split L_nc_two_bases add0r row4K divr1 -natrM.
by rewrite ler_nat.
Qed.

End Refuted.
