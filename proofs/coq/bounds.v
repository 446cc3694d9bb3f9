(* Lemma 3.4 with its equality cases, Corollary 3.4.1 with its slack, and the Welch bound.

   The inequalities need an ordered domain only: squares are not negative. The statements with a division by M
   or N are over an ordered field. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality normalization.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section SumsOfSquares.
Variable R : realDomainType.
Implicit Types (n : nat) (c : R).

(* Cauchy-Schwarz for equal weights, as an identity: what is missing is a sum of squares. *)
Lemma sum_sq_spread n (x : 'I_n -> R) :
  \sum_i \sum_j (x i - x j) ^+ 2 = (n%:R * (\sum_i x i ^+ 2) - (\sum_i x i) ^+ 2) *+ 2.
Proof.
have -> : \sum_i \sum_j (x i - x j) ^+ 2 =
    \sum_i (n%:R * x i ^+ 2 - x i * (\sum_j x j) *+ 2 + \sum_j x j ^+ 2).
  apply: eq_bigr => i _; rewrite mulr_sumr -sumrMnl mulr_natl -[n in _ *+ n]card_ord -sumr_const.
  by rewrite -sumrB -big_split /=; apply: eq_bigr => j _; ring.
rewrite big_split sumrB /= -mulr_sumr sumrMnl -mulr_suml sumr_const card_ord -[(\sum__ _) *+ n]mulr_natl.
by set S := \sum_i x i; set Q := \sum_i x i ^+ 2; ring.
Qed.

Lemma sum_sq_lower n (x : 'I_n -> R) :
  (\sum_i x i) ^+ 2 <= n%:R * \sum_i x i ^+ 2 ?= iff [forall i, forall j, x i == x j].
Proof.
have <- : (0 <= n%:R * (\sum_i x i ^+ 2) - (\sum_i x i) ^+ 2 ?= iff [forall i, forall j, x i == x j]) =
          ((\sum_i x i) ^+ 2 <= n%:R * \sum_i x i ^+ 2 ?= iff [forall i, forall j, x i == x j]).
  by rewrite leif_subRL add0r.
rewrite -(mono_leif (ler_pmuln2r (R := R) (ltn0Sn 1))) mul0rn -sum_sq_spread.
apply: leif_0_sum => i _; apply: leif_0_sum => j _.
by split; rewrite ?sqr_ge0 // eq_sym sqrf_eq0 subr_eq0.
Qed.

Lemma sum_sq_upper n (x : 'I_n -> R) : (forall i, 0 <= x i) ->
  \sum_i x i ^+ 2 <= (\sum_i x i) ^+ 2 ?= iff [forall i, forall (j | j != i), x i * x j == 0].
Proof.
move=> x_ge0.
have -> : (\sum_i x i) ^+ 2 = \sum_i \sum_(j | j != i) x i * x j + \sum_i x i ^+ 2.
  rewrite expr2 mulr_suml -big_split; apply: eq_bigr => i _ /=.
  by rewrite mulr_sumr (bigD1 i) //= expr2 addrC.
rewrite -leif_subLR subrr.
apply: leif_0_sum => i _; apply: leif_0_sum => j _.
by split; rewrite ?mulr_ge0 // eq_sym.
Qed.

End SumsOfSquares.

(* What is missing to the upper bound: the products of the energies of different dimensions. *)
Theorem lemma_3_4_upper_slack (R : comRingType) m n (K : 'M[R]_(m, n)) :
  sqnorm K ^+ 2 = row4 K + \sum_j \sum_(k | k != j) row_sq K j * row_sq K k.
Proof.
rewrite -sum_row_sq expr2 mulr_suml /row4 -big_split; apply: eq_bigr => j _ /=.
by rewrite mulr_sumr (bigD1 j) //= expr2.
Qed.

Section Domain.
Variable R : realDomainType.
Implicit Types m n : nat.

Lemma row_sq_ge0 m n (K : 'M[R]_(m, n)) j : 0 <= row_sq K j.
Proof. by apply: sumr_ge0 => i _; exact: sqr_ge0. Qed.

Lemma sqnorm_ge0 m n (A : 'M[R]_(m, n)) : 0 <= sqnorm A.
Proof. by apply: sumr_ge0 => j _; exact: row_sq_ge0. Qed.

Lemma row_sq_eq0 m n (K : 'M[R]_(m, n)) j : row_sq K j = 0 <-> row j K = 0.
Proof.
split=> [/eqP | Kj0]; last by apply: big1 => i _; move/rowP/(_ i): Kj0; rewrite !mxE => ->; rewrite expr0n.
rewrite psumr_eq0 => [/allP Kj0 | i _]; last exact: sqr_ge0.
apply/rowP => i; rewrite !mxE; apply/eqP; rewrite -sqrf_eq0.
by apply: Kj0; rewrite mem_index_enum.
Qed.

Lemma sqnorm_eq0 m n (A : 'M[R]_(m, n)) : sqnorm A = 0 <-> A = 0.
Proof.
split=> [/eqP | ->]; last by apply: big1 => i _; apply: big1 => j _; rewrite mxE expr0n.
rewrite psumr_eq0 => [/allP A0 | j _]; last exact: row_sq_ge0.
by apply/row_matrixP => j; rewrite row0; apply/row_sq_eq0/eqP/A0; rewrite mem_index_enum.
Qed.

(* The sum over dimensions of the fourth powers, between its two ends, whatever the norms; T = |K|^2. *)
Lemma row4_lower m n (K : 'M[R]_(m, n)) :
  sqnorm K ^+ 2 <= m%:R * row4 K ?= iff [forall j, forall k, row_sq K j == row_sq K k].
Proof. by rewrite -sum_row_sq; exact: sum_sq_lower. Qed.

Lemma row4_upper m n (K : 'M[R]_(m, n)) :
  row4 K <= sqnorm K ^+ 2 ?= iff [forall j, forall (k | k != j), row_sq K j * row_sq K k == 0].
Proof. by rewrite -sum_row_sq; apply: sum_sq_upper; exact: row_sq_ge0. Qed.

End Domain.

Section Lemma34.
Variable R : realFieldType.
Implicit Types m n : nat.

Lemma energy_embeddings m n (K : 'M[R]_(m, n)) a :
  (forall i, col_sq K i = a ^+ 2) -> sqnorm K ^+ 2 = n%:R ^+ 2 * a ^+ 4.
Proof. by move=> cols; rewrite -sum_col_sq (sum_equal cols) exprMn -exprM. Qed.

(* Lemma 3.4 for every K, T = |K|^2: the text's two lines have T = N a^2 and T = M a^2. *)
Theorem lemma_3_4_any m n (K : 'M[R]_(m, n)) :
  sqnorm K ^+ 2 / m%:R <= row4 K <= sqnorm K ^+ 2.
Proof.
rewrite (row4_upper K) andbT.
have [-> | m0] := eqVneq (m%:R : R) 0; first by rewrite invr0 mulr0 sumr_ge0 // => j _; exact: sqr_ge0.
by rewrite ler_pdivr_mulr ?lt0r ?m0 ?ler0n // mulrC (row4_lower K).
Qed.

Theorem lemma_3_4_any_columns m n (K : 'M[R]_(m, n)) :
  sqnorm K ^+ 2 / n%:R <= col4 K <= sqnorm K ^+ 2.
Proof. by rewrite -row4_tr -sqnorm_tr lemma_3_4_any. Qed.

(* What is missing to the lower bound is the spread of the energies of the dimensions. *)
Theorem lemma_3_4_slack m n (K : 'M[R]_(m, n)) : (0 < m)%N ->
  row4 K = sqnorm K ^+ 2 / m%:R + \sum_j (row_sq K j - sqnorm K / m%:R) ^+ 2.
Proof.
move=> m_gt0; have m0 : m%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
set s := sqnorm K / m%:R.
have -> : \sum_j (row_sq K j - s) ^+ 2 = \sum_j (row_sq K j ^+ 2 - s *+ 2 * row_sq K j + s ^+ 2).
  by apply: eq_bigr => j _; ring.
rewrite big_split sumrB /= -mulr_sumr sum_row_sq sumr_const card_ord -[_ *+ m]mulr_natl -/(row4 K) /s.
by field.
Qed.

(* Equality in the bounds for every K, whatever the norms. *)
Theorem lemma_3_4_any_lower_equality m n (K : 'M[R]_(m, n)) : (0 < m)%N ->
  row4 K = sqnorm K ^+ 2 / m%:R <-> (forall j k, row_sq K j = row_sq K k).
Proof.
move=> m_gt0; have m0 : m%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have -> : row4 K = sqnorm K ^+ 2 / m%:R <-> sqnorm K ^+ 2 == m%:R * row4 K.
  by split=> [-> | /eqP ->]; rewrite mulrC ?divfK // mulKf.
rewrite (eq_leif (row4_lower K)); by split=> [/'forall_'forall_eqP | ?]; last apply/'forall_'forall_eqP.
Qed.

Theorem lemma_3_4_any_upper_equality m n (K : 'M[R]_(m, n)) :
  row4 K = sqnorm K ^+ 2 <-> (forall j k, row j K <> 0 -> row k K <> 0 -> j = k).
Proof.
split=> [/eqP | one].
  rewrite (eq_leif (row4_upper K)) => /'forall_forall_inP one j k Kj Kk.
  apply/eqP/negPn/negP => jk; move: (one k j jk).
  by rewrite mulf_eq0 => /orP[] /eqP/row_sq_eq0.
apply/eqP; rewrite (eq_leif (row4_upper K)); apply/'forall_forall_inP => j k kj.
rewrite mulf_eq0; apply/norP => -[/eqP Kj /eqP Kk]; move/eqP: kj; apply.
by apply: one => /row_sq_eq0.
Qed.

(* Lemma 3.4: "all |K_{.,i}| = a imply (N^2/M) a^4 <= sum_j |K_{j,.}|^4 <= N^2 a^4". *)
Theorem lemma_3_4_embeddings m n (K : 'M[R]_(m, n)) a :
  (forall i, col_sq K i = a ^+ 2) ->
  n%:R ^+ 2 / m%:R * a ^+ 4 <= row4 K <= n%:R ^+ 2 * a ^+ 4.
Proof. by move/energy_embeddings=> T2; rewrite mulrAC -T2 lemma_3_4_any. Qed.

(* "... and all |K_{j,.}| = a imply (M^2/N) a^4 <= sum_i |K_{.,i}|^4 <= M^2 a^4". *)
Theorem lemma_3_4_dimensions m n (K : 'M[R]_(m, n)) a :
  (forall j, row_sq K j = a ^+ 2) ->
  m%:R ^+ 2 / n%:R * a ^+ 4 <= col4 K <= m%:R ^+ 2 * a ^+ 4.
Proof.
by move=> rows; rewrite -row4_tr; apply: lemma_3_4_embeddings => j; rewrite col_sq_tr.
Qed.

(* Ours: the lower bound is attained exactly when all dimensions have the same norm. *)
Theorem lemma_3_4_lower_equality m n (K : 'M[R]_(m, n)) a :
  (0 < m)%N -> (forall i, col_sq K i = a ^+ 2) ->
  row4 K = n%:R ^+ 2 / m%:R * a ^+ 4 <-> (forall j k, row_sq K j = row_sq K k).
Proof.
by move=> m_gt0 /energy_embeddings T2; rewrite mulrAC -T2 lemma_3_4_any_lower_equality.
Qed.

(* Ours: the upper bound is attained exactly when at most one dimension is not zero. *)
Theorem lemma_3_4_upper_equality m n (K : 'M[R]_(m, n)) a :
  (forall i, col_sq K i = a ^+ 2) ->
  row4 K = n%:R ^+ 2 * a ^+ 4 <-> (forall j k, row j K <> 0 -> row k K <> 0 -> j = k).
Proof.
by move=> /energy_embeddings <-; exact: lemma_3_4_any_upper_equality.
Qed.

(* The same two equality cases for normalised dimensions. *)
Theorem lemma_3_4_lower_equality_dimensions m n (K : 'M[R]_(m, n)) a :
  (0 < n)%N -> (forall j, row_sq K j = a ^+ 2) ->
  col4 K = m%:R ^+ 2 / n%:R * a ^+ 4 <-> (forall i k, col_sq K i = col_sq K k).
Proof.
move=> n_gt0 rows; rewrite -row4_tr lemma_3_4_lower_equality // => [|j]; last by rewrite col_sq_tr.
by split=> eq_cols i k; have := eq_cols i k; rewrite !row_sq_tr.
Qed.

Theorem lemma_3_4_upper_equality_dimensions m n (K : 'M[R]_(m, n)) a :
  (forall j, row_sq K j = a ^+ 2) ->
  col4 K = m%:R ^+ 2 * a ^+ 4 <-> (forall i k, col i K <> 0 -> col k K <> 0 -> i = k).
Proof.
move=> rows; rewrite -row4_tr lemma_3_4_upper_equality => [|j]; last by rewrite col_sq_tr.
have tr0 i : row i K^T = 0 <-> col i K = 0.
  by rewrite -tr_col; split=> [/(congr1 trmx) | ->]; rewrite ?trmxK trmx0.
by split=> one i k; have := one i k; rewrite !tr0.
Qed.

(* The text: "the lower bound is reached by a constant matrix, collapsed". It is also reached by [I I]: unit columns,
   full rank, no two rows alike. *)
Theorem lemma_3_4_lower_counterexample m : (1 < m)%N ->
  let K := two_bases R m in
  [/\ unit_columns K, row4 K = (m + m)%:R ^+ 2 / m%:R, \rank K = m & forall j k, row j K = row k K -> j = k].
Proof.
move=> m_gt1 K; have m_gt0 := ltnW m_gt1.
have inj_row : forall j k, row j K = row k K -> j = k.
  move=> j k /rowP/(_ (lshift m j)); rewrite mxE [RHS]mxE /K /two_bases !row_mxEl !mxE eqxx => /esym/eqP.
  by rewrite pnatr_eq1 eqb1 => /eqP ->.
split=> //; first exact: unit_two_bases.
  have cols i : col_sq K i = 1 ^+ 2 by rewrite unit_two_bases expr1n.
  have [_ ->] := lemma_3_4_lower_equality m_gt0 cols; first by rewrite expr1n mulr1.
  by move=> j k; rewrite !row_sq_two_bases.
by apply/eqP/row_freeP; exists (col_mx 1%:M 0); rewrite mul_row_col mul1mx mulmx0 addr0.
Qed.

(* The text: "the upper bound is reached by a matrix with a single non-zero row or column". K = I has a single
   non-zero entry in each row and in each column, and reaches the lower bound, below the upper. *)
Theorem lemma_3_4_upper_counterexample m (K : 'M[R]_m) : (1 < m)%N -> K = 1%:M ->
  [/\ unit_columns K, unit_rows K, row4 K = m%:R ^+ 2 / m%:R & row4 K < m%:R ^+ 2].
Proof.
move: K => _ m_gt1 ->; set K := 1%:M; have m0 : m%:R != 0 :> R by rewrite pnatr_eq0 -lt0n ltnW.
have rows j : row_sq K j = 1 by rewrite -cov_diag trmx1 mul1mx mxE eqxx.
have row4K : row4 K = m%:R by rewrite /row4 (sum_equal (c := 1)) ?mulr1 // => j; rewrite rows expr1n.
split=> //; first by move=> i; rewrite -row_sq_tr trmx1.
  by rewrite row4K expr2 mulfK.
by rewrite row4K -natrX ltr_nat -[X in (X < _)%N]expn1 ltn_exp2l.
Qed.

End Lemma34.

Section Corollary341.
Variable R : realFieldType.
Implicit Types m n : nat.

Lemma col4_unit m n (K : 'M[R]_(m, n)) : unit_columns K -> col4 K = n%:R.
Proof. by move=> cols; rewrite /col4 (sum_equal (c := 1)) ?mulr1 // => i; rewrite cols expr1n. Qed.

(* Corollary 3.4.1: "embeddings normalised: L_nc - N + N^2/M <= L_c <= L_nc - N + N^2". *)
Theorem cor_3_4_1_embeddings m n (K : 'M[R]_(m, n)) :
  unit_columns K ->
  L_nc K - n%:R + n%:R ^+ 2 / m%:R <= L_c K <= L_nc K - n%:R + n%:R ^+ 2.
Proof.
move=> cols; have := @lemma_3_4_embeddings R m n K 1.
have -> : L_c K = L_nc K - n%:R + row4 K by rewrite addrAC thm_3_3 (col4_unit cols) addrK.
rewrite !expr1n !mulr1 !ler_add2l; exact.
Qed.

(* "... dimensions normalised: L_c - M + M^2/N <= L_nc <= L_c - M + M^2". *)
Theorem cor_3_4_1_dimensions m n (K : 'M[R]_(m, n)) :
  unit_rows K ->
  L_c K - m%:R + m%:R ^+ 2 / n%:R <= L_nc K <= L_c K - m%:R + m%:R ^+ 2.
Proof.
move=> rows; have := @cor_3_4_1_embeddings _ _ K^T; rewrite L_c_tr -(L_c_tr K^T) trmxK; apply=> j.
by rewrite col_sq_tr.
Qed.

(* Ours: the slack is the variance of the energies of the dimensions. *)
Theorem cor_3_4_1_exact m n (K : 'M[R]_(m, n)) :
  (0 < m)%N -> unit_columns K ->
  L_c K = L_nc K - n%:R + n%:R ^+ 2 / m%:R + \sum_j (row_sq K j - n%:R / m%:R) ^+ 2.
Proof.
move=> m_gt0 cols; have T : sqnorm K = n%:R by rewrite -sum_col_sq (sum_equal cols) mulr1.
by rewrite -[RHS]addrA -T -(lemma_3_4_slack K m_gt0) T addrAC thm_3_3 (col4_unit cols) addrK.
Qed.

(* ... and for normalised dimensions that of the energies of the embeddings. *)
Theorem cor_3_4_1_exact_dimensions m n (K : 'M[R]_(m, n)) :
  (0 < n)%N -> unit_rows K ->
  L_nc K = L_c K - m%:R + m%:R ^+ 2 / n%:R + \sum_i (col_sq K i - m%:R / n%:R) ^+ 2.
Proof.
move=> n_gt0 rows; rewrite -L_c_tr cor_3_4_1_exact // => [|j]; last by rewrite col_sq_tr.
by rewrite -(L_c_tr K^T) trmxK; congr (_ + _); apply: eq_bigr => i _; rewrite row_sq_tr.
Qed.

(* The distance to the other end. *)
Theorem cor_3_4_1_upper_slack m n (K : 'M[R]_(m, n)) : unit_columns K ->
  L_c K + \sum_j \sum_(k | k != j) row_sq K j * row_sq K k = L_nc K - n%:R + n%:R ^+ 2.
Proof.
move=> cols; have T : sqnorm K = n%:R by rewrite -sum_col_sq (sum_equal cols) mulr1.
by rewrite -T lemma_3_4_upper_slack addrA T (addrAC (L_nc K)) thm_3_3 (col4_unit cols) addrK.
Qed.

End Corollary341.
