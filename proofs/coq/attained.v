(* Optima are attained: matrices at both ends of Corollary 3.4.1 for all sizes, simplices, and the frame of three
   vectors in the plane. Norms need roots here, hence a real closed field. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality normalization bounds definition_3_2 rank.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section Corollary341.
Variable R : rcfType.
Implicit Types m n : nat.

(* Corollary 3.4.1, lower end, for all M and N: every entry 1/sqrt(M). *)
Theorem cor_3_4_1_lower_reached m n (K : 'M[R]_(m, n)) : (0 < m)%N -> K = const_mx (Num.sqrt m%:R)^-1 ->
  unit_columns K /\ L_c K = L_nc K - n%:R + n%:R ^+ 2 / m%:R.
Proof.
move=> m_gt0 KE; have m0 : m%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have square j i : K j i ^+ 2 = m%:R^-1 by rewrite KE mxE exprVn sqr_sqrtr ?ler0n.
have cols : unit_columns K by move=> i; rewrite /col_sq (sum_equal (c := m%:R^-1)) ?divff.
split=> //; rewrite (cor_3_4_1_exact m_gt0 cols) big1 ?addr0 // => j _.
by rewrite /row_sq (sum_equal (c := m%:R^-1)) // subrr expr0n.
Qed.

(* ... and upper end: K = e_1 1^T, all embeddings one vector of the axis. *)
Theorem cor_3_4_1_upper_reached m n (K : 'M[R]_(m.+1, n)) : K = \matrix_(j, i) (j == 0)%:R ->
  unit_columns K /\ L_c K = L_nc K - n%:R + n%:R ^+ 2.
Proof. by case/def_3_2_collapse=> cols L0 ->; split=> //; rewrite L0; ring. Qed.

(* The same two for normalised dimensions, by transposition. *)
Theorem cor_3_4_1_dimensions_lower_reached m n (K : 'M[R]_(m, n)) :
  (0 < n)%N -> K = const_mx (Num.sqrt n%:R)^-1 ->
  unit_rows K /\ L_nc K = L_c K - m%:R + m%:R ^+ 2 / n%:R.
Proof.
move=> n_gt0 /(congr1 trmx); rewrite trmx_const => /(cor_3_4_1_lower_reached n_gt0)[cols].
rewrite L_c_tr -(L_c_tr K^T) trmxK; split=> // j; by rewrite -col_sq_tr.
Qed.

Theorem cor_3_4_1_dimensions_upper_reached m n (K : 'M[R]_(m, n.+1)) : K = \matrix_(j, i) (i == 0)%:R ->
  unit_rows K /\ L_nc K = L_c K - m%:R + m%:R ^+ 2.
Proof.
move=> KE; have /cor_3_4_1_upper_reached[cols] : K^T = \matrix_(i, j) (i == 0)%:R.
  by rewrite KE; apply/matrixP => i j; rewrite !mxE.
rewrite L_c_tr -(L_c_tr K^T) trmxK; split=> // j; by rewrite -col_sq_tr.
Qed.

End Corollary341.

(* n + 1 unit vectors of n dimensions, pairwise at -1/n. *)
Section Simplex.
Variable R : rcfType.
Implicit Types m n : nat.

Definition simplex_gram n v : 'M[R]_n := \matrix_(i, j) if i == j then v else - v / n.-1%:R.

Lemma simplex_vertices n : exists K : 'M[R]_(n.+1, n.+2), K^T *m K = simplex_gram n.+2 1.
Proof.
elim: n => [|n [K gramK]].
  exists (\row_i if i == 0 then 1 else - 1); apply/matrixP => i j; rewrite !mxE big_ord1 !mxE.
  by case: i j => [[|[|i]] ?] [[|[|j]] ?] //=; field.
set a : R := n.+2%:R^-1; have a_le1 : a <= 1 by rewrite invf_le1 ?ltr0n ?ler1n.
have s2 : 0 <= 1 - a ^+ 2 by rewrite subr_ge0 exprn_ile1 // invr_ge0 ler0n.
pose next := block_mx 1%:M (const_mx (- a) : 'rV_n.+2) 0 (Num.sqrt (1 - a ^+ 2) *: K).
suff: next^T *m next = simplex_gram (1 + n.+2) 1 by exists next.
rewrite tr_block_mx mulmx_block !trmx0 trmx1 !(mul0mx, mulmx0, addr0, mul1mx, mulmx1) trmx_const.
rewrite -scalemxAr [(_ *: K)^T]linearZ /= -scalemxAl scalerA -expr2 sqr_sqrtr // gramK.
have n2 : n.+2%:R != 0 :> R by rewrite pnatr_eq0.
have n1 : n.+1%:R != 0 :> R by rewrite pnatr_eq0.
apply/matrixP => i j.
case: (split_ordP i) => i' ->; case: (split_ordP j) => j' ->.
- by rewrite block_mxEul [RHS]mxE !mxE !ord1 !eqxx.
- by rewrite block_mxEur [RHS]mxE !mxE eq_lrshift mulN1r.
- by rewrite block_mxEdl [RHS]mxE !mxE eq_rlshift mulN1r.
rewrite block_mxEdr [RHS]mxE !mxE big_ord1 !mxE eq_rshift /a.
by case: eqP => _ /=; field; rewrite -?natrD -?mulrS ?pnatr_eq0.
Qed.
(* A Gram matrix of such a form has rank N - 1 at least: with v N / (N - 1) I it differs by a matrix of rank 1. *)
Lemma simplex_rank n v : (1 < n)%N -> 0 < v -> (n <= (\rank (simplex_gram n v)).+1)%N.
Proof.
move=> n_gt1 v_gt0; set g := simplex_gram n v.
have n1 : n.-1%:R != 0 :> R by rewrite pnatr_eq0 -lt0n -subn1 subn_gt0.
pose s : R := v + v / n.-1%:R; have s0 : s != 0 by rewrite gt_eqF // ltr_paddr // divr_ge0 ?ler0n ?ltW.
have scalar : s%:M = g + const_mx (v / n.-1%:R) *m (const_mx 1 : 'rV_n).
  apply/matrixP => i j; rewrite !mxE big_ord1 !mxE /s; case: eqP => _; rewrite ?mulr1n ?mulr0n mulr1 //.
  by rewrite mulNr addNr.
have full : \rank (s%:M : 'M[R]_n) = n by rewrite -scalemx1 mxrank_scale_nz // mxrank1.
rewrite -[X in (X <= _)%N]full scalar -[X in (_ <= X)%N]addn1.
by rewrite (leq_trans (mxrank_add _ _)) // leq_add2l mulmx_max_rank.
Qed.

(* N embeddings of squared norm v, pairwise at -v / (N - 1), exist exactly for N <= M + 1. *)
Theorem simplex_exists m n v : (1 < n)%N -> 0 < v ->
  (exists K : 'M[R]_(m, n), K^T *m K = simplex_gram n v) <-> (n <= m.+1)%N.
Proof.
move=> n_gt1 v_gt0; split=> [[K gramK] | nm].
  rewrite (leq_trans (simplex_rank n_gt1 v_gt0)) // ltnS -gramK.
  by rewrite (leq_trans (mulmx_max_rank _ _)).
case: n n_gt1 nm => [|[|n]] // _; rewrite ltnS => /subnKC <-; have [K gramK] := simplex_vertices n.
exists (Num.sqrt v *: col_mx K 0); rewrite -scalemxAr [(_ *: _)^T]linearZ /= -scalemxAl scalerA -expr2.
rewrite sqr_sqrtr ?ltW // tr_col_mx mul_row_col trmx0 mul0mx addr0 gramK.
by apply/matrixP => i j; rewrite !mxE; case: eqP => _; rewrite ?mulr1 // mulrA mulrN1.
Qed.

(* M dimensions of squared norm v, centred over the batch, pairwise at -v / (M - 1), exist exactly for M <= N. *)
Theorem centred_simplex_exists m n v : (1 < m)%N -> 0 < v ->
  (exists2 K : 'M[R]_(m, n), K *m K^T = simplex_gram m v & forall j, \sum_i K j i = 0) <-> (m <= n)%N.
Proof.
move=> m_gt1 v_gt0; split=> [[K covK centred] | mn].
  have m_rank : (m <= (\rank K).+1)%N.
    by rewrite (leq_trans (simplex_rank m_gt1 v_gt0)) // ltnS -covK mxrankM_maxl.
  case: n K centred m_rank {covK} => [|n] K centred /leq_trans; last by apply; rewrite ltnS rank_centred.
  by move=> /(_ 1%N); rewrite ltnS rank_leq_col leqNgt m_gt1 => /(_ isT).
have m1 : m.-1%:R != 0 :> R by rewrite pnatr_eq0 -lt0n -subn1 subn_gt0.
have m0 : m%:R != 0 :> R by rewrite pnatr_eq0 -lt0n ltnW.
pose c := Num.sqrt (v * m%:R / m.-1%:R); pose J : 'M[R]_m := const_mx m%:R^-1.
have JJ : J *m J = J.
  by apply/matrixP => i j; rewrite !mxE (sum_equal (c := m%:R^-1 ^+ 2)) ?expr2 ?mulVKf // => k; rewrite !mxE.
rewrite -(subnKC mn); exists (row_mx (c *: (1%:M - J)) 0).
  rewrite tr_row_mx mul_row_col trmx0 mulmx0 addr0 -scalemxAl [(_ *: _)^T]linearZ /= -scalemxAr scalerA -expr2.
  rewrite sqr_sqrtr ?divr_ge0 ?mulr_ge0 ?ler0n ?ltW // linearB /= trmx1 trmx_const -/J.
  rewrite mulmxBr mulmx1 mulmxBl mul1mx JJ subrr subr0.
  have mE : m%:R = m.-1%:R + 1 :> R by rewrite -mulrSr prednK // ltnW.
  apply/matrixP => i j; rewrite !mxE; case: eqP => _; rewrite ?mulr1n ?mulr0n.
    by rewrite mE; field; rewrite m1 -mE m0.
  by field; rewrite m1 m0.
move=> j; rewrite big_split_ord /= [X in _ + X]big1 => [|i _]; last by rewrite row_mxEr mxE.
rewrite addr0; under eq_bigr do rewrite row_mxEl mxE; rewrite -mulr_sumr.
rewrite (_ : \sum_i _ = 0) ?mulr0 //; under eq_bigr do rewrite !mxE; rewrite sumrB sumr_const card_ord.
rewrite (bigD1 j) //= big1 => [|i /negPf ij]; last by rewrite eq_sym ij.
by rewrite eqxx addr0 -[_ *+ m]mulr_natl divff // subrr.
Qed.

End Simplex.

(* M = 2, N = 3: three lines of the plane at 60 degrees, an equiangular tight frame. *)
Section ThreeLines.
Variable R : rcfType.

Definition three_lines : 'M[R]_(2, 3) :=
  \matrix_(j, i) nth 0 (nth [::] [:: [:: 1; - 2%:R^-1; - 2%:R^-1];
                                     [:: 0; Num.sqrt 3%:R / 2%:R; - (Num.sqrt 3%:R / 2%:R)]] j) i.

Theorem def_3_2_three_lines : unit_columns three_lines /\ L_c three_lines = 3%:R / 2%:R.
Proof.
have s2 : Num.sqrt 3%:R ^+ 2 = 3%:R :> R by rewrite sqr_sqrtr ?ler0n.
have cols : unit_columns three_lines.
  move=> i; rewrite /col_sq !big_ord_recl big_ord0 !mxE.
  by case: i => [[|[|[|i]]] ?] //=; move: s2; move: (Num.sqrt _) => s s2; field: s2.
split=> //; have m0 : 2%:R != 0 :> R by rewrite pnatr_eq0.
apply: (mulfI m0); rewrite (_ : _ * (_ / _) = 3%:R ^+ 2 - 2%:R * 3%:R); last by field.
apply/def_3_2_welch_equality => //; apply/matrixP => j k; rewrite !mxE !big_ord_recl big_ord0 !mxE.
by case: j k => [[|[|j]] ?] [[|[|k]] ?] //=; move: s2; move: (Num.sqrt _) => s s2; field: s2.
Qed.

(* Hence the minimisers of L_c over unit embeddings are those with L_c = 3/2. *)
Theorem def_3_2_three_lines_least (K : 'M[R]_(2, 3)) :
  minimises_L_c K <-> unit_columns K /\ L_c K = 3%:R / 2%:R.
Proof.
have [frame_unit frame_L] := def_3_2_three_lines.
have welch (E : 'M[R]_(2, 3)) : unit_columns E -> 3%:R / 2%:R <= L_c E.
  move/def_3_2_welch=> bound; rewrite -(ler_pmul2l (_ : 0 < 2%:R)) ?ltr0n //.
  by rewrite (_ : _ * (_ / _) = 3%:R ^+ 2 - 2%:R * 3%:R) //; field.
split=> [[cols least] | [cols L]]; split=> //; last by move=> K' cols'; rewrite L welch.
by apply/le_anti; rewrite welch // andbT -frame_L least.
Qed.

End ThreeLines.
