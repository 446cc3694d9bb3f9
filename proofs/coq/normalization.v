(* What normalising rows and columns does to Theorem 3.3: the erratum to the remark after it, equation 14 and
   the caveat to table 1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section CommutativeRing.
Variable R : comRingType.
Implicit Types m n : nat.

Lemma sum_equal n (f : 'I_n -> R) c : (forall i, f i = c) -> \sum_i f i = n%:R * c.
Proof. by move=> fc; rewrite (eq_bigr _ (fun i _ => fc i)) sumr_const card_ord mulr_natl. Qed.

(* The remark after Theorem 3.3, corrected: squared row norms r and squared column norms c. *)
Theorem remark_3_3_corrected m n (K : 'M[R]_(m, n)) r c :
  (forall j, row_sq K j = r) -> (forall i, col_sq K i = c) ->
  L_nc K + m%:R * r ^+ 2 = L_c K + n%:R * c ^+ 2 /\ m%:R * r = n%:R * c.
Proof.
move=> rows cols; split; last by rewrite -(sum_equal rows) -(sum_equal cols) sum_col_sq.
rewrite -(sum_equal (f := fun j => row_sq K j ^+ 2)) => [|j]; last by rewrite rows.
rewrite -(sum_equal (f := fun i => col_sq K i ^+ 2)) => [|i]; last by rewrite cols.
exact: thm_3_3.
Qed.

(* Unit embeddings need a dimension. *)
Lemma unit_columns_dim m n (K : 'M[R]_(m, n)) : unit_columns K -> (0 < n)%N -> (0 < m)%N.
Proof.
case: m n => [|m] [|n] // in K * => /(_ 0).
by rewrite /col_sq big_ord0 => /eqP; rewrite eq_sym oner_eq0.
Qed.

(* k = 2 copies of an orthonormal basis: unit columns, equal rows, uncorrelated dimensions. *)
Definition two_bases m : 'M[R]_(m, m + m) := row_mx 1%:M 1%:M.

Lemma cov_two_bases m : two_bases m *m (two_bases m)^T = 2%:R%:M.
Proof. by rewrite tr_row_mx mul_row_col !trmx1 !mul1mx -raddfD. Qed.

Lemma row_sq_two_bases m j : row_sq (two_bases m) j = 2%:R.
Proof. by rewrite -cov_diag cov_two_bases mxE eqxx. Qed.

Lemma unit_two_bases m : unit_columns (two_bases m).
Proof.
have unit1 k : col_sq (1%:M : 'M[R]_m) k = 1 by rewrite -gram_diag trmx1 mul1mx mxE eqxx.
move=> i; rewrite /col_sq; case: (split_ordP i) => k ->; rewrite -[RHS](unit1 k); apply: eq_bigr => j _.
  by rewrite row_mxEl.
by rewrite row_mxEr.
Qed.

Lemma L_nc_two_bases m : L_nc (two_bases m) = 0.
Proof.
rewrite /L_nc sqnorm_off cov_two_bases big1 // => i _; apply: big1 => j ji.
by rewrite mxE eq_sym (negPf ji) expr0n.
Qed.

End CommutativeRing.

Section Field.
Variable F : fieldType.
Implicit Types m n : nat.

(* Unit embeddings and equal dimensions, of squared norm N/M: the remark as it should read. *)
Theorem remark_3_3_unit_columns m n (K : 'M[F]_(m, n)) :
  unit_columns K -> (forall j, row_sq K j = n%:R / m%:R) ->
  L_nc K = L_c K + n%:R - n%:R ^+ 2 / m%:R.
Proof.
move=> cols rows; have [] := remark_3_3_corrected rows cols.
have -> : m%:R * (n%:R / m%:R) ^+ 2 = n%:R ^+ 2 / m%:R :> F.
  by have [-> | m0] := eqVneq (m%:R : F) 0; [rewrite invr0; ring | field].
by rewrite expr1n mulr1 => <- _; rewrite addrK.
Qed.

(* Unit dimensions and equal embeddings, of squared norm M/N. *)
Theorem remark_3_3_unit_rows m n (K : 'M[F]_(m, n)) :
  unit_rows K -> (forall i, col_sq K i = m%:R / n%:R) ->
  L_nc K = L_c K + m%:R ^+ 2 / n%:R - m%:R.
Proof.
move=> rows cols.
have -> : L_c K = L_nc K + m%:R - m%:R ^+ 2 / n%:R; last by ring.
rewrite -[K in LHS]trmxK !L_c_tr -(L_c_tr K); apply: remark_3_3_unit_columns => [i|j].
  by rewrite col_sq_tr.
by rewrite row_sq_tr.
Qed.

End Field.

Section OrderedField.
Variable F : numFieldType.
Implicit Types m n : nat.

(* "If both rows and columns were L2-normalised, L_nc = L_c + N - M": then M = N, and the remark is L_nc = L_c. *)
Theorem remark_3_3_square m n (K : 'M[F]_(m, n)) :
  unit_rows K -> unit_columns K -> m = n /\ L_nc K = L_c K.
Proof.
move=> rows cols; have [+ +] := remark_3_3_corrected rows cols.
rewrite expr1n !mulr1 => eqL mn; split; first by apply/eqP; rewrite -(eqr_nat F) mn.
by move: eqL; rewrite mn => /addIr.
Qed.

(* For M <> N no matrix with unit columns and equal rows satisfies the remark as printed. *)
Theorem remark_3_3_never m n (K : 'M[F]_(m, n)) :
  m != n -> unit_columns K -> (forall j, row_sq K j = n%:R / m%:R) ->
  L_nc K <> L_c K + n%:R - m%:R.
Proof.
move=> mn cols rows; rewrite (remark_3_3_unit_columns cols rows) => /addrI/oppr_inj.
have m_gt0 : (0 < m)%N.
  by have [n0 | /(unit_columns_dim cols)//] := posnP n; rewrite n0 -lt0n in mn.
move/(canRL (divfK _)); rewrite pnatr_eq0 -lt0n => /(_ m_gt0)/eqP.
by rewrite -natrX -natrM eqr_nat mulnn eqn_exp2r // eq_sym (negPf mn).
Qed.

(* K = [I I]: 2 x 4, unit columns, equal rows; L_nc = 0 and L_c = 4, where the remark as printed wants L_nc = 6. *)
Theorem remark_3_3_counterexample :
  let K := two_bases F 2 in
  [/\ unit_columns K, (forall j, row_sq K j = 2%:R), L_nc K = 0 & L_c K = 4%:R].
Proof.
have rows j : row_sq (two_bases F 2) j = 2%:R := row_sq_two_bases F j.
split=> //; [exact: unit_two_bases | exact: L_nc_two_bases |].
have := thm_3_3 (two_bases F 2); rewrite L_nc_two_bases /row4 /col4.
rewrite (sum_equal (c := 2%:R ^+ 2)) => [|j]; last by rewrite rows.
rewrite (sum_equal (c := 1)) => [|i]; last by rewrite unit_two_bases expr1n.
by move/(canLR (addrK _)) => <-; ring.
Qed.

(* Equation 14: dimensions of norm sqrt(N/M) hold the energy of unit embeddings; embeddings of that norm do not. *)
Theorem eq_14_energy m n (K : 'M[F]_(m, n)) : (0 < m)%N ->
  ((forall j, row_sq K j = n%:R / m%:R) -> sqnorm K = n%:R) /\
  ((forall i, col_sq K i = n%:R / m%:R) -> sqnorm K = n%:R ^+ 2 / m%:R).
Proof.
move=> m_gt0; split=> [rows|cols].
  by rewrite -sum_row_sq (sum_equal rows) mulrC divfK // pnatr_eq0 -lt0n.
by rewrite -sum_col_sq (sum_equal cols) mulrA expr2.
Qed.

(* Table 1: normalising the embeddings after centring undoes the centring; here M = 1, N = 3, K = (-2, 1, 1). *)
Theorem table_1_counterexample :
  exists (K : 'M[F]_(1, 3)) (d : 'rV_3), [/\ forall j, \sum_i K j i = 0, forall i, 0 < d 0 i,
    unit_columns (K *m diag_mx d) & \sum_i (K *m diag_mx d) 0 i != 0].
Proof.
exists (\row_i if i == 0 then - 2%:R else 1), (\row_i if i == 0 then 2%:R^-1 else 1).
split=> [j|i|i|]; rewrite /col_sq ?mul_mx_diag ?big_ord_recl ?big_ord0 !mxE /=.
- by ring.
- by case: eqP; rewrite ?invr_gt0 ?ltr0n ?ltr01.
- by case: eqP => _; field.
- have -> : - 2%:R / 2%:R + (1 * 1 + (1 * 1 + 0)) = 1 :> F by field.
  exact: oner_neq0.
Qed.

End OrderedField.
