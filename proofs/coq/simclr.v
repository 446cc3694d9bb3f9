(* SimCLR's repulsion, with the positive pair in the denominator, for aligned views: the positive similarity of every
   row is the same number p, 1 / tau for unit embeddings.

   m -> log(exp(p) + (N - 1) exp(m)) is convex and increasing, so the repulsion is least at equal similarities; as a
   direct inequality, from exp lying above its tangent. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From mathcomp Require Import reals sequences exp.
From Duality Require Import criteria duality normalization bounds definition_3_2 attained tcr logsumexp dcl_abs.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section SimCLR.
Variable R : realType.
Implicit Types (m n : nat) (tau p x mu : R).

(* The repulsion of SimCLR. *)
Definition simclr n p (S : 'I_n -> 'I_n -> R) : R := \sum_i ln (expR p + \sum_(j | j != i) expR (S i j)).

(* Its value where all similarities are mu. *)
Definition simclr_at n p mu : R := n%:R * ln (expR p + n.-1%:R * expR mu).

Definition all_off n mu (S : 'I_n -> 'I_n -> R) := [forall i, forall j in predC1 i, S i j == mu].

Lemma simclr_at_gt0 n p mu : 0 < expR p + n.-1%:R * expR mu.
Proof. by rewrite ltr_paddr ?expR_gt0 // mulr_ge0 ?ler0n // ltW ?expR_gt0. Qed.

(* One row: log-sum-exp above its tangent at equal similarities mu. *)
Lemma simclr_row n p mu (S : 'I_n -> 'I_n -> R) (i : 'I_n) (D := expR p + n.-1%:R * expR mu) (w := expR mu / D) :
  ln D + w * (\sum_(j | j != i) (S i j - mu)) <= ln (expR p + \sum_(j | j != i) expR (S i j))
    ?= iff [forall j in predC1 i, S i j == mu].
Proof.
have D_gt0 : 0 < D := simclr_at_gt0 n p mu; have D0 := lt0r_neq0 D_gt0.
have w_gt0 : 0 < w by rewrite divr_gt0 ?expR_gt0.
set t := \sum_(j | _) (S i j - mu); set A := expR p + _.
have A_gt0 : 0 < A.
  by rewrite ltr_paddr ?expR_gt0 //; apply: sumr_ge0 => j _; rewrite ltW ?expR_gt0.
rewrite -(mono_leif (@ler_expR R)) expRD !lnK ?posrE //.
rewrite -(mono_leif (ler_pmul2r (expR_gt0 (- (w * t))))) -mulrA -expRD subrr expR0 mulr1.
(* Each term of A exp(- w t) against its tangent at 0. *)
have tangent : expR p * (1 + - (w * t)) + \sum_(j | j != i) expR mu * (1 + (S i j - mu - w * t)) <=
    A * expR (- (w * t)) ?= iff (- (w * t) == 0) && [forall j in predC1 i, S i j - mu - w * t == 0].
  rewrite mulrDl mulr_suml; apply: leif_add.
    by rewrite (mono_leif (ler_pmul2l (expR_gt0 p))); exact: expR_tangent.
  apply: leif_sum => j _; rewrite (_ : expR (S i j) * _ = expR mu * expR (S i j - mu - w * t)).
    by rewrite (mono_leif (ler_pmul2l (expR_gt0 mu))); exact: expR_tangent.
  by rewrite -!expRD; congr expR; ring.
have -> : (D <= A * expR (- (w * t)) ?= iff [forall j in predC1 i, S i j == mu]) =
    (expR p * (1 + - (w * t)) + \sum_(j | j != i) expR mu * (1 + (S i j - mu - w * t)) <=
     A * expR (- (w * t)) ?= iff (- (w * t) == 0) && [forall j in predC1 i, S i j - mu - w * t == 0]).
  congr (_ <= _ ?= iff _).
    rewrite -mulr_sumr big_split /= sumrB -/t !sumr_const !cardC1 card_ord -[(w * t) *+ _]mulr_natl -/w.
    have muE : expR mu = w * D by rewrite /w divfK.
    have pE : expR p = D - n.-1%:R * (w * D) by rewrite -muE /D addrK.
    by rewrite muE pE; ring.
  apply/forall_inP/andP => [at_mu | [/eqP wt0 /forall_inP near] j ji]; last first.
    by have := near j ji; rewrite wt0 addr0 subr_eq0.
  have t0 : t = 0 by rewrite /t big1 // => j ji; rewrite (eqP (at_mu j ji)) subrr.
  rewrite !(t0, mulr0, oppr0) eqxx; split=> //; apply/forall_inP => j ji.
  by rewrite (eqP (at_mu j ji)) subrr addr0.
exact: tangent.
Qed.

Lemma simclr_lower n p mu (S : 'I_n -> 'I_n -> R) :
  n%:R * (n.-1%:R * mu) <= \sum_i \sum_(j | j != i) S i j -> simclr_at n p mu <= simclr p S ?= iff all_off mu S.
Proof.
move=> mean; set w := expR mu / (expR p + n.-1%:R * expR mu).
have w_gt0 : 0 < w by rewrite divr_gt0 ?expR_gt0 ?simclr_at_gt0.
have rows := leif_sum (fun i (_ : true) => simclr_row p mu S i); rewrite big_split /= -/w in rows.
rewrite -mulr_sumr (sum_equal (c := ln (expR p + n.-1%:R * expR mu))) // -/(simclr_at n p mu) in rows.
have gain : \sum_i \sum_(j | j != i) (S i j - mu) =
    \sum_i (\sum_(j | j != i) S i j) - n%:R * (n.-1%:R * mu).
  by rewrite -sum_off_const -sumrB; apply: eq_bigr => i _; rewrite sumrB.
have gain_ge0 : 0 <= w * (\sum_i \sum_(j | j != i) (S i j - mu)) by rewrite gain mulr_ge0 ?subr_ge0 // ltW.
apply/leifP; case: ifPn => [at_mu | not_mu]; last first.
  have : simclr_at n p mu + w * (\sum_i \sum_(j | j != i) (S i j - mu)) < simclr p S by rewrite (lt_leif rows).
  by apply: le_lt_trans; rewrite ler_addl.
have [_] := rows; rewrite -/(all_off mu S) at_mu big1 ?mulr0 ?addr0 => [/eqP // | i _].
apply: big1 => j ji; apply/eqP; rewrite subr_eq0.
by move/forallP/(_ i)/forall_inP/(_ j ji): at_mu.
Qed.

Lemma all_offP n mu (S : 'I_n -> 'I_n -> R) :
  reflect (forall i j, i != j -> S i j = mu) (all_off mu S).
Proof.
apply: (iffP idP) => [off i j ij | off].
  by move/forallP/(_ i)/forall_inP/(_ j): off => /(_ _)/eqP -> //; rewrite !inE eq_sym.
apply/forallP => i; apply/forall_inP => j ji; apply/eqP/off; by rewrite eq_sym.
Qed.

Lemma simclr_at_mono n p : (1 < n)%N -> {mono simclr_at n p : x y / x <= y}.
Proof.
move=> n_gt1 x y; have n1_gt0 : 0 < n.-1%:R :> R by rewrite ltr0n -subn1 subn_gt0.
rewrite ler_pmul2l ?ltr0n ?(ltnW n_gt1) // ler_ln ?posrE ?simclr_at_gt0 //.
by rewrite ler_add2l ler_pmul2l // ler_expR.
Qed.

Lemma sum_off_div n tau (f : 'I_n -> 'I_n -> R) :
  \sum_i \sum_(j | j != i) f i j / tau = (\sum_i \sum_(j | j != i) f i j) / tau.
Proof. by rewrite mulr_suml; apply: eq_bigr => i _; rewrite mulr_suml. Qed.

(* SimCLR over unit embeddings with N samples: the optimum is that of DCL, the simplex. *)
Definition simclr_cos m n tau (K : 'M[R]_(m, n)) := simclr (1 / tau) (fun i j => (K^T *m K) i j / tau).

Theorem prop_3_1_simclr m n tau (K : 'M[R]_(m, n)) (least := simclr_at n (1 / tau) (- 1 / n.-1%:R / tau)) :
  (1 < n)%N -> 0 < tau -> unit_columns K ->
  [/\ least <= simclr_cos tau K,
    simclr_cos tau K = least <-> (forall i j, i != j -> (K^T *m K) i j = - 1 / n.-1%:R)
    & simclr_cos tau K = least -> L_c K = n%:R / n.-1%:R].
Proof.
move=> n_gt1 tau_gt0 cols; have n1_gt0 : 0 < n.-1%:R :> R by rewrite ltr0n -subn1 subn_gt0.
have mean : n%:R * (n.-1%:R * (- 1 / n.-1%:R / tau)) <=
    \sum_i \sum_(j | j != i) (K^T *m K) i j / tau.
  have -> : n%:R * (n.-1%:R * (- 1 / n.-1%:R / tau)) = - n%:R / tau.
    by field; rewrite !lt0r_neq0.
  rewrite sum_off_div ler_pmul2r ?invr_gt0 // sum_off_gram.
  rewrite -sum_col_sq (sum_equal cols) mulr1 addrC ler_addl; apply: sumr_ge0 => l _; exact: sqr_ge0.
have bound := simclr_lower (1 / tau) mean.
have equality : simclr_cos tau K = least <-> forall i j, i != j -> (K^T *m K) i j = - 1 / n.-1%:R.
  have -> : simclr_cos tau K = least <-> all_off (- 1 / n.-1%:R / tau) (fun i j => (K^T *m K) i j / tau).
    by rewrite -(eq_leif bound) eq_sym; split=> /eqP.
  split=> [/all_offP off i j /off | off]; last by apply/all_offP => i j /off ->.
  by move/(mulIf (invr_neq0 (lt0r_neq0 tau_gt0))).
split=> //; first exact: bound.
by move/equality/(L_c_simplex n_gt1) => ->; rewrite expr1n mulr1.
Qed.

Theorem prop_3_1_simclr_minimisers m n tau (K : 'M[R]_(m, n)) : (1 < n <= m.+1)%N -> 0 < tau -> unit_columns K ->
  (forall K' : 'M[R]_(m, n), unit_columns K' -> simclr_cos tau K <= simclr_cos tau K')
  <-> (forall i j, i != j -> (K^T *m K) i j = - 1 / n.-1%:R).
Proof.
move=> /andP[n_gt1 nm] tau_gt0 cols; have [lower equality _] := prop_3_1_simclr n_gt1 tau_gt0 cols.
rewrite -equality; split=> [least | -> K' cols']; last by have [] := prop_3_1_simclr n_gt1 tau_gt0 cols'.
have [_ /(_ nm)[E gramE]] := @simplex_exists R m n 1 n_gt1 ltr01.
have colsE : unit_columns E by move=> i; rewrite -gram_diag gramE mxE eqxx.
have [_ [_ at_simplex] _] := prop_3_1_simclr n_gt1 tau_gt0 colsE.
apply/le_anti; rewrite lower andbT -at_simplex ?least // => i j /negPf ij.
by rewrite gramE mxE ij.
Qed.

(* Similarities f(G) / tau with f >= 0 and f = 0 at 0 only, N <= M: the minimisers are those of L_c. *)
Lemma simclr_minimisers m n tau (f : R -> R) (K : 'M[R]_(m, n)) :
  (forall x, 0 <= f x) -> (forall x, f x = 0 <-> x = 0) -> (1 < n <= m)%N -> 0 < tau -> unit_columns K ->
  let repulsion (K' : 'M[R]_(m, n)) := simclr (1 / tau) (fun i j => f ((K'^T *m K') i j) / tau) in
  (forall K' : 'M[R]_(m, n), unit_columns K' -> repulsion K <= repulsion K') <-> L_c K = 0.
Proof.
move=> f_ge0 f0 /andP[n_gt1 nm] tau_gt0 cols repulsion.
have bound (K' : 'M[R]_(m, n)) : simclr_at n (1 / tau) 0 <= repulsion K' ?= iff
    all_off 0 (fun i j => f ((K'^T *m K') i j) / tau).
  apply: simclr_lower; rewrite !mulr0; apply: sumr_ge0 => i _; apply: sumr_ge0 => j _.
  by rewrite divr_ge0 // ltW.
have equality (K' : 'M[R]_(m, n)) : repulsion K' = simclr_at n (1 / tau) 0 <-> L_c K' = 0.
  have -> : repulsion K' = simclr_at n (1 / tau) 0 <-> all_off 0 (fun i j => f ((K'^T *m K') i j) / tau).
    by rewrite -(eq_leif (bound K')) eq_sym; split=> /eqP.
  rewrite L_c_eq0; split=> [/all_offP off i j /off/eqP | off].
    by rewrite mulf_eq0 invr_eq0 (gt_eqF tau_gt0) orbF => /eqP/f0.
  by apply/all_offP => i j /off ->; rewrite (_ : f 0 = 0) ?mul0r //; apply/f0.
rewrite -equality; split=> [least | -> K' _]; last exact: bound.
have [_ /(_ nm)[E colsE /equality E0]] := def_3_2_minimum R m n.
by apply/le_anti; rewrite -{1}E0 least //= (bound K).
Qed.

(* SimCLR-sq: the bound of DCL-sq with the positive in the sum. *)
Definition simclr_sq m n tau (K : 'M[R]_(m, n)) := simclr (1 / tau) (fun i j => (K^T *m K) i j ^+ 2 / tau).

Theorem prop_3_2_sq_simclr_bound m n tau (K : 'M[R]_(m, n)) : (1 < n)%N -> 0 < tau ->
  let bound := simclr_at n (1 / tau) (L_c K / (n%:R * n.-1%:R) / tau) in
  bound <= simclr_sq tau K /\
  (simclr_sq tau K = bound <-> exists c, forall i j, i != j -> (K^T *m K) i j ^+ 2 = c).
Proof.
move=> n_gt1 tau_gt0 bound; have n1 : n.-1%:R != 0 :> R by rewrite pnatr_eq0 -lt0n -subn1 subn_gt0.
have n0 : n%:R != 0 :> R by rewrite pnatr_eq0 -lt0n ltnW.
have tau0 := lt0r_neq0 tau_gt0; set mu := L_c K / _ / tau in bound *.
have muE : n%:R * (n.-1%:R * mu) = L_c K / tau by rewrite /mu; field; rewrite !(n0, n1, tau0).
have lower : bound <= simclr_sq tau K ?= iff all_off mu (fun i j => (K^T *m K) i j ^+ 2 / tau).
  by apply: simclr_lower; rewrite muE sum_off_sq.
split; first exact: lower.
have -> : simclr_sq tau K = bound <-> all_off mu (fun i j => (K^T *m K) i j ^+ 2 / tau).
  by rewrite -(eq_leif lower) eq_sym; split=> /eqP.
split=> [/all_offP off | [c off]]; first by exists (mu * tau) => i j /off <-; rewrite divfK.
apply/all_offP => i j ij; rewrite off //; apply: (mulfI n1); apply: (mulfI n0); rewrite muE -sum_off_sq.
rewrite -sum_off_const; apply: eq_bigr => k _; apply: eq_bigr => l lk.
by rewrite off // eq_sym.
Qed.

Theorem prop_3_2_sq_simclr_minimisers m n tau (K : 'M[R]_(m, n)) :
  (1 < n <= m)%N -> 0 < tau -> unit_columns K ->
  (forall K' : 'M[R]_(m, n), unit_columns K' -> simclr_sq tau K <= simclr_sq tau K') <-> L_c K = 0.
Proof.
apply: (@simclr_minimisers m n tau (fun x => x ^+ 2)) => x; first exact: sqr_ge0.
by split=> [/eqP | ->]; rewrite ?expr0n // sqrf_eq0 => /eqP.
Qed.

(* Where an equiangular tight frame exists, the minimisers of SimCLR-sq are these frames. *)
Theorem prop_3_2_sq_simclr_etf m n tau (E K : 'M[R]_(m, n)) e :
  (1 < n)%N -> (0 < m)%N -> 0 < tau -> unit_columns K -> unit_columns E ->
  m%:R * L_c E = n%:R ^+ 2 - m%:R * n%:R -> (forall i j, i != j -> (E^T *m E) i j ^+ 2 = e) ->
  (forall K' : 'M[R]_(m, n), unit_columns K' -> simclr_sq tau K <= simclr_sq tau K') <->
  m%:R * L_c K = n%:R ^+ 2 - m%:R * n%:R /\ exists c, forall i j, i != j -> (K^T *m K) i j ^+ 2 = c.
Proof.
move=> n_gt1 m_gt0 tau_gt0 colsK colsE tight angle; have m_pos : 0 < m%:R :> R by rewrite ltr0n.
have value (A : 'M[R]_(m, n)) := prop_3_2_sq_simclr_bound A n_gt1 tau_gt0.
have nn : 0 < n%:R * n.-1%:R :> R by rewrite mulr_gt0 ?ltr0n ?(ltnW n_gt1) // -subn1 subn_gt0.
pose at_bound (A : 'M[R]_(m, n)) := simclr_at n (1 / tau) (L_c A / (n%:R * n.-1%:R) / tau).
have mono (A B : 'M[R]_(m, n)) : (at_bound A <= at_bound B) = (L_c A <= L_c B).
  by rewrite /at_bound simclr_at_mono // !ler_pmul2r ?invr_gt0.
have least_L (A B : 'M[R]_(m, n)) : m%:R * L_c A = n%:R ^+ 2 - m%:R * n%:R -> unit_columns B -> L_c A <= L_c B.
  by move=> tightA colsB; rewrite -(ler_pmul2l m_pos) tightA def_3_2_welch.
have [[lowerK equalK] [_ [_ equalE]]] := (value K, value E).
split=> [least | [tightK angleK] K' cols'].
  have KE : simclr_sq tau K <= at_bound E by rewrite /at_bound -equalE; [exact: least | exists e].
  have EK : L_c E <= L_c K := least_L E K tight colsK.
  have LL : L_c K = L_c E by apply/le_anti; rewrite EK -mono (le_trans lowerK KE).
  split; first by rewrite LL.
  have upper : simclr_sq tau K <= at_bound K by apply: le_trans KE _; rewrite mono; exact: EK.
  have eqK : simclr_sq tau K = at_bound K by apply: le_anti; rewrite upper lowerK.
  exact: (proj1 equalK eqK).
have [lowerK' _] := value K'; apply: le_trans lowerK'.
case: equalK => _ /(_ angleK) ->; rewrite -/(at_bound K) -/(at_bound K') mono.
exact: least_L.
Qed.

(* SimCLR-abs for N <= M. *)
Definition simclr_abs m n tau (K : 'M[R]_(m, n)) := simclr (1 / tau) (fun i j => `|(K^T *m K) i j| / tau).

Theorem prop_3_2_abs_simclr_minimisers m n tau (K : 'M[R]_(m, n)) :
  (1 < n <= m)%N -> 0 < tau -> unit_columns K ->
  (forall K' : 'M[R]_(m, n), unit_columns K' -> simclr_abs tau K <= simclr_abs tau K') <-> L_c K = 0.
Proof.
apply: (@simclr_minimisers m n tau Num.norm) => // x.
by split=> [/eqP | ->]; rewrite ?normr0 // normr_eq0 => /eqP.
Qed.

(* SimCLR-abs at M = 2, N = 3: with y = exp(1 / (2 tau)) the duplicates win where a quintic in y is negative, and
   nowhere else. *)
Theorem prop_3_2_abs_simclr_threshold tau (K : 'M[R]_(2, 3)) (y := expR (2%:R^-1 / tau)) :
  0 < tau -> minimises_L_c K ->
  (simclr_abs tau (duplicates R) < simclr_abs tau K) =
  (3%:R * y ^+ 5 < 3%:R * y ^+ 4 + 3%:R * y ^+ 3 + 11%:R * y ^+ 2 + 2%:R * y + 2%:R).
Proof.
move=> tau_gt0 /def_3_2_three_lines_least[cols L]; have y_gt0 : 0 < y := expR_gt0 _.
have y_gt1 : 1 < y by rewrite expR_gt1 divr_gt0 // invr_gt0 ltr0n.
have y2 : expR (1 / tau) = y ^+ 2.
  by rewrite -expRMm; congr expR; rewrite mulrA divff ?pnatr_eq0.
have -> : simclr_abs tau K = ln ((y ^+ 2 + 2%:R * y) ^+ 3).
  rewrite lnX ?addr_gt0 ?mulr_gt0 ?exprn_gt0 ?ltr0n // -[_ *+ 3]mulr_natl; apply: sum_equal => i; congr ln.
  rewrite y2 (eq_bigr (fun=> y)) => [|j ji]; last by rewrite (three_tight cols L) 1?eq_sym.
  by rewrite (eq_bigl (mem (predC1 i))) // sumr_const cardC1 card_ord mulr_natl.
have -> : simclr_abs tau (duplicates R) = ln ((2%:R * y ^+ 2 + 1) ^+ 2 * (y ^+ 2 + 2%:R)).
  rewrite /simclr_abs /simclr !big_ord_recl big_ord0.
  do 3!rewrite [\sum_(j | _ != _) _]big_mkcond /= !big_ord_recl big_ord0.
  rewrite !gram_duplicates /= normr1 normr0 mul0r expR0 y2 !(add0r, addr0).
  have gt0 : 0 < 2%:R * y ^+ 2 + 1 by rewrite addr_gt0 ?mulr_gt0 ?exprn_gt0 ?ltr01 ?ltr0n.
  have gt0' : 0 < y ^+ 2 + 2%:R by rewrite addr_gt0 ?exprn_gt0 ?ltr0n.
  rewrite expr2 !lnM ?posrE ?mulr_gt0 // addrA.
  by congr (ln _ + ln _ + ln _); ring.
rewrite ltr_ln ?posrE ?mulr_gt0 ?exprn_gt0 ?addr_gt0 ?mulr_gt0 ?exprn_gt0 ?ltr0n ?ltr01 // -[LHS]subr_gt0.
set rhs := 3%:R * y ^+ 4 + _ + _ + _ + _.
have -> : (y ^+ 2 + 2%:R * y) ^+ 3 - (2%:R * y ^+ 2 + 1) ^+ 2 * (y ^+ 2 + 2%:R) =
    (y - 1) * (rhs - 3%:R * y ^+ 5) by rewrite /rhs; ring.
by rewrite pmulr_rgt0 ?subr_gt0.
Qed.

End SimCLR.
