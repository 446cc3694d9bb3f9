(* DCL-abs is sample-contrastive for N <= M, and not for N > M: with M = 2, N = 3 and a high temperature it prefers
   two identical embeddings to every minimiser of L_c, of which there are some. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From mathcomp Require Import reals sequences exp.
From Duality Require Import criteria duality normalization bounds definition_3_2 attained tcr logsumexp.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section Abs.
Variable R : realType.
Implicit Types tau y : R.

Definition dcl_abs m n tau (K : 'M[R]_(m, n)) := dcl (fun i j => `|(K^T *m K) i j| / tau).

Lemma L_c_eq0 m n (K : 'M[R]_(m, n)) : L_c K = 0 <-> forall i j, i != j -> (K^T *m K) i j = 0.
Proof.
split=> [/eqP | off].
  by rewrite /L_c sqnorm_off_eq0 => /is_diag_mxP off i j; exact: off.
by apply/eqP; rewrite /L_c sqnorm_off_eq0; apply/is_diag_mxP => i j; exact: off.
Qed.

(* Unit embeddings, N <= M: the minimisers of DCL-abs are those of L_c. *)
Theorem prop_3_2_abs_minimisers m n tau (K : 'M[R]_(m, n)) :
  (1 < n <= m)%N -> 0 < tau -> unit_columns K ->
  (forall K' : 'M[R]_(m, n), unit_columns K' -> dcl_abs tau K <= dcl_abs tau K') <-> L_c K = 0.
Proof.
move=> /andP[n_gt1 nm] tau_gt0 cols; have n1_gt0 : 0 < n.-1%:R :> R by rewrite ltr0n -subn1 subn_gt0.
pose mass (K' : 'M[R]_(m, n)) := \sum_i \sum_(j | j != i) `|(K'^T *m K') i j| / tau.
have entry_ge0 (K' : 'M[R]_(m, n)) i j : 0 <= `|(K'^T *m K') i j| / tau by rewrite divr_ge0 // ltW.
have row_ge0 (K' : 'M[R]_(m, n)) i : 0 <= \sum_(j | j != i) `|(K'^T *m K') i j| / tau.
  by apply: sumr_ge0 => j _; exact: entry_ge0.
have lower (K' : 'M[R]_(m, n)) : n%:R * ln n.-1%:R + mass K' / n.-1%:R <= dcl_abs tau K'.
  by rewrite (dcl_lower (fun i j => `|(K'^T *m K') i j| / tau) n_gt1).
have at_zero (K' : 'M[R]_(m, n)) : L_c K' = 0 -> dcl_abs tau K' = n%:R * ln n.-1%:R.
  move/L_c_eq0=> off; rewrite /dcl_abs /dcl; apply: sum_equal => i; congr ln.
  rewrite (eq_bigr (fun=> 1)) => [|j ji]; last by rewrite off 1?eq_sym // normr0 mul0r expR0.
  by rewrite (eq_bigl (mem (predC1 i))) // sumr_const cardC1 card_ord.
split=> [least | L0 K' cols']; last first.
  by rewrite at_zero // (le_trans _ (lower K')) // ler_addl divr_ge0 ?ler0n ?sumr_ge0.
have [_ /(_ nm)[K0 cols0 L0]] := def_3_2_minimum R m n.
have := le_trans (lower K) (least K0 cols0); rewrite (at_zero _ L0) ger_addl pmulr_lle0 ?invr_gt0 // => mass_le0.
have mass0 : mass K = 0 by apply/le_anti; rewrite mass_le0 sumr_ge0.
apply/L_c_eq0 => i j ij; move/eqP: mass0; rewrite psumr_eq0 // => /allP/(_ i); rewrite mem_index_enum.
move=> /(_ isT); rewrite /= psumr_eq0 // => /allP/(_ j); rewrite mem_index_enum eq_sym ij /=.
move=> /(_ isT); rewrite mulf_eq0 invr_eq0 (gt_eqF tau_gt0) orbF normr_eq0.
by move/eqP.
Qed.

(* Three unit vectors of the plane with the least L_c, 3/2, pairwise at |cos| = 1/2. *)
Lemma three_tight (K : 'M[R]_(2, 3)) : unit_columns K -> L_c K = 3%:R / 2%:R ->
  forall i j, i != j -> `|(K^T *m K) i j| = 2%:R^-1.
Proof.
move=> cols L; set G := K^T *m K.
have cov : K *m K^T = (3%:R / 2%:R)%:M.
  by apply/def_3_2_welch_equality => //; rewrite L; field.
have rowsum i : \sum_k G i k ^+ 2 = 3%:R / 2%:R.
  have : (G *m G) i i = 3%:R / 2%:R.
    by rewrite -[G *m G]mulmxA [K *m (_ *m _)]mulmxA cov mul_scalar_mx -scalemxAr mxE gram_diag cols mulr1.
  by rewrite mxE => <-; apply: eq_bigr => k _; rewrite expr2 [in G k i]/G gram_sym.
have row3 i : G i 0 ^+ 2 + G i 1 ^+ 2 + G i 2%:R ^+ 2 = 3%:R / 2%:R.
  rewrite -(rowsum i) !big_ord_recl big_ord0 addr0 addrA.
  by congr (_ + _ + _); congr (G _ _ ^+ 2); apply: val_inj.
have diag i : G i i = 1 by rewrite gram_diag cols.
have sym i j : G i j = G j i by rewrite gram_sym.
move: (row3 0) (row3 1) (row3 2%:R); rewrite !diag (sym 1 0) (sym 2%:R 0) (sym 2%:R 1) expr1n => r0 r1 r2.
have solve (x y z : R) : 1 + x + y = 3%:R / 2%:R -> x + 1 + z = 3%:R / 2%:R -> y + z + 1 = 3%:R / 2%:R ->
    [/\ x = 2%:R^-1 ^+ 2, y = 2%:R^-1 ^+ 2 & z = 2%:R^-1 ^+ 2].
  move=> ex ey ez; split.
  - have -> : x = ((1 + x + y) + (x + 1 + z) - (y + z + 1) - 1) / 2%:R by field.
    by rewrite ex ey ez; field.
  - have -> : y = ((1 + x + y) - (x + 1 + z) + (y + z + 1) - 1) / 2%:R by field.
    by rewrite ex ey ez; field.
  - have -> : z = (- (1 + x + y) + (x + 1 + z) + (y + z + 1) - 1) / 2%:R by field.
    by rewrite ex ey ez; field.
have [sq01 sq02 sq12] := solve _ _ _ r0 r1 r2.
have half (x : R) : x ^+ 2 = 2%:R^-1 ^+ 2 -> `|x| = 2%:R^-1.
  by move/eqP; rewrite eqf_sqr => /orP[] /eqP ->; rewrite ?normrN ger0_norm // invr_ge0 ler0n.
have cases (i : 'I_3) : [\/ i = 0, i = 1 | i = 2%:R].
  by case: i => [[|[|[|i]]] ?] //; [constructor 1 | constructor 2 | constructor 3]; apply: val_inj.
move=> i j; case: (cases i) => ->; case: (cases j) => -> //= _;
  by apply: half; rewrite ?sq01 ?sq02 ?sq12 // (sym _ 0, sym _ 1) ?sq01 ?sq02 ?sq12.
Qed.

Definition duplicates : 'M[R]_(2, 3) := \matrix_(j, i) ((i == 2%:R) == (j == 1))%:R.

Lemma duplicates_unit : unit_columns duplicates.
Proof.
move=> i; rewrite /col_sq !big_ord_recl big_ord0 !mxE.
by case: i => [[|[|[|i]]] ?] //=; rewrite ?expr1n ?expr0n ?addr0 ?add0r.
Qed.

Lemma gram_duplicates i j : (duplicates^T *m duplicates) i j = ((i == 2%:R) == (j == 2%:R))%:R.
Proof.
rewrite mxE !big_ord_recl big_ord0 !mxE.
by case: i j => [[|[|[|i]]] ?] [[|[|[|j]]] ?] //=; rewrite ?mulr1 ?mulr0 ?addr0 ?add0r.
Qed.

Lemma dcl_abs_duplicates tau y : y = expR (2%:R^-1 / tau) ->
  dcl_abs tau duplicates = ln (2%:R * (y ^+ 2 + 1) ^+ 2).
Proof.
move=> yE; have y2 : expR (1 / tau) = y ^+ 2.
  by rewrite yE -expRMm; congr expR; rewrite mulrA divff ?pnatr_eq0.
rewrite /dcl_abs /dcl !big_ord_recl big_ord0.
do 3!rewrite [\sum_(j | _ != _) _]big_mkcond /= !big_ord_recl big_ord0.
rewrite !gram_duplicates /= normr1 normr0 mul0r expR0 y2 !(add0r, addr0).
have y2_gt0 : 0 < y ^+ 2 + 1 by rewrite addr_gt0 ?exprn_gt0 ?ltr01 // yE expR_gt0.
by rewrite expr2 !lnM ?posrE ?mulr_gt0 ?ltr0n // [RHS]addrC addrA.
Qed.

Lemma dcl_abs_tight tau (K : 'M[R]_(2, 3)) y : y = expR (2%:R^-1 / tau) ->
  unit_columns K -> L_c K = 3%:R / 2%:R -> dcl_abs tau K = ln ((2%:R * y) ^+ 3).
Proof.
move=> yE cols L; have y_gt0 : 0 < y by rewrite yE expR_gt0.
rewrite lnX ?mulr_gt0 ?ltr0n // -[_ *+ 3]mulr_natl /dcl_abs /dcl; apply: sum_equal => i; congr ln.
rewrite (eq_bigr (fun=> y)) => [|j ji]; last by rewrite (three_tight cols L) 1?eq_sym // -yE.
by rewrite (eq_bigl (mem (predC1 i))) // sumr_const cardC1 card_ord mulr_natl.
Qed.

(* Exact: with y = exp(1 / (2 tau)) the duplicates win where y^3 < 3 y^2 + y + 1, and nowhere else; the numbers
   are in intervals.v. *)
Theorem prop_3_2_abs_threshold tau (K : 'M[R]_(2, 3)) (y := expR (2%:R^-1 / tau)) :
  0 < tau -> minimises_L_c K -> (dcl_abs tau duplicates < dcl_abs tau K) = (y ^+ 3 < 3%:R * y ^+ 2 + y + 1).
Proof.
move=> tau_gt0 /def_3_2_three_lines_least[cols L]; have y_gt0 : 0 < y := expR_gt0 _.
have y_gt1 : 1 < y by rewrite expR_gt1 divr_gt0 // invr_gt0 ltr0n.
rewrite (dcl_abs_duplicates (erefl y)) (dcl_abs_tight (erefl y) cols L).
have y2_gt0 : 0 < y ^+ 2 + 1 by rewrite addr_gt0 ?exprn_gt0 ?ltr01.
rewrite ltr_ln ?posrE ?mulr_gt0 ?exprn_gt0 ?mulr_gt0 ?ltr0n //.
rewrite -[LHS]subr_gt0; have -> : (2%:R * y) ^+ 3 - 2%:R * (y ^+ 2 + 1) ^+ 2 =
    2%:R * (y - 1) * (3%:R * y ^+ 2 + y + 1 - y ^+ 3) by ring.
by rewrite pmulr_rgt0 ?subr_gt0 // mulr_gt0 ?ltr0n ?subr_gt0.
Qed.

(* In particular for tau >= 1 / (2 log 3) = 0.455: two of the three embeddings are the same vector, and DCL-abs is
   smaller there than at every minimiser of L_c. *)
Theorem prop_3_2_abs_counterexample tau : (2%:R * ln 3%:R)^-1 <= tau ->
  [/\ unit_columns duplicates, col 0 duplicates = col 1 duplicates,
    exists K : 'M[R]_(2, 3), minimises_L_c K
    & forall K : 'M[R]_(2, 3), minimises_L_c K -> dcl_abs tau duplicates < dcl_abs tau K].
Proof.
move=> tau_ge; have ln3_gt0 : 0 < ln 3%:R :> R by rewrite ln_gt0 // ltr1n.
have tau_gt0 : 0 < tau by rewrite (lt_le_trans _ tau_ge) // invr_gt0 mulr_gt0 ?ltr0n.
split=> [| | |K least]; first exact: duplicates_unit.
- by apply/colP => j; rewrite !mxE.
- by exists (three_lines R); apply/def_3_2_three_lines_least/def_3_2_three_lines.
rewrite prop_3_2_abs_threshold //; set y := expR _; have y_gt0 : 0 < y := expR_gt0 _.
have y3 : y <= 3%:R.
  rewrite -[X in _ <= X]lnK ?posrE ?ltr0n // ler_expR -invfM.
  have one_le : 1 <= tau * (2%:R * ln 3%:R) by rewrite -ler_pdivr_mulr ?mulr_gt0 ?ltr0n // mul1r.
  rewrite -[X in X <= _]mul1r ler_pdivr_mulr ?mulr_gt0 ?ltr0n //.
  by rewrite (_ : ln 3%:R * _ = tau * (2%:R * ln 3%:R)) //; move: (ln _) => l; ring.
rewrite exprS mulrC (mulrC 3%:R) (le_lt_trans (_ : _ <= y ^+ 2 * 3%:R)) ?ler_wpmul2l ?sqr_ge0 //.
by rewrite -addrA ltr_addl addr_gt0 ?ltr01.
Qed.

End Abs.
