(* False variants of our statements, each refuted by a concrete matrix: the proofs elsewhere would notice a
   wrong sign, a lost power, a transposed hypothesis.

   K = (1 1) has M = 1, N = 2, unit columns and one row of squared norm 2; [I I] is its 2 x 4 sibling. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality normalization bounds definition_3_2 rank attained.
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

(* Corollary 3.4.1 with half of its slack. *)
Theorem refuted_slack_halved :
  ~ (forall m n (A : 'M[F]_(m, n)), (0 < m)%N -> unit_columns A ->
     L_c A = L_nc A - n%:R + n%:R ^+ 2 / m%:R + (\sum_j (row_sq A j - n%:R / m%:R) ^+ 2) / 2%:R).
Proof.
have [cols L0 L] := @def_3_2_collapse F 1 1 _ erefl; move/(_ 2%N 1%N _ isT cols).
have := cor_3_4_1_exact (isT : (0 < 2)%N) cols; rewrite L L0; set s := \sum_j _ => exact wrong.
have s0 : s = 0.
  have -> : s = 2%:R * ((0 - 1 + 1 ^+ 2 / 2%:R + s) - (0 - 1 + 1 ^+ 2 / 2%:R + s / 2%:R)) by field.
  by rewrite -exact -wrong subrr mulr0.
have : 1 = 2%:R * - ((0 - 1 + 1 ^+ 2 / 2%:R + s) - (1 ^+ 2 - 1)) :> F by rewrite s0; field.
by rewrite -exact subrr oppr0 mulr0; apply/eqP/oner_neq0.
Qed.

(* "L_nc = 0 excludes collapse" where embeddings are normalised, not dimensions. *)
Theorem refuted_protects_unnormalised :
  ~ (forall m n (A : 'M[F]_(m, n)), unit_columns A -> L_nc A = 0 -> \rank A = m).
Proof.
have [cols L0 _] := @def_3_2_collapse F 1 1 _ erefl; move/(_ _ _ _ cols L0) => full.
by have := rank_leq_col (\matrix_(j < 2, i < 1) (j == 0)%:R : 'M[F]_(2, 1)); rewrite full.
Qed.

End Refuted.

(* A simplex of N unit embeddings in every dimension: two vectors of none, say. *)
Theorem refuted_simplex_everywhere (R : rcfType) :
  ~ (forall m n, (1 < n)%N -> exists K : 'M[R]_(m, n), K^T *m K = simplex_gram n 1).
Proof. by move/(_ 0%N 2%N isT); rewrite simplex_exists ?ltr01. Qed.

(* A simplex of M centred dimensions for M = N + 1, which is enough where they are not centred. *)
Theorem refuted_centred_simplex (R : rcfType) :
  ~ (forall m n, (1 < m <= n.+1)%N ->
     exists2 K : 'M[R]_(m, n), K *m K^T = simplex_gram m 1 & forall j, \sum_i K j i = 0).
Proof. by move/(_ 2%N 1%N isT); rewrite centred_simplex_exists ?ltr01. Qed.
