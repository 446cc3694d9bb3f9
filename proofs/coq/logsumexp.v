(* The log-sum-exp repulsions behind Propositions 3.1 and 3.2, on mathcomp-analysis for log and exp.

   The repulsion of DCL on similarities S is sum_i log sum_{j <> i} exp(S_ij); Jensen's inequality for it is the
   inequality between arithmetic and geometric means of the exponentials. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From mathcomp Require Import reals topology normedtype derive realfun sequences exp.
From Duality Require Import criteria duality normalization bounds definition_3_2 attained.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.

Section LogSumExp.
Variable R : realType.
Implicit Types (m n : nat) (tau v : R).

(* exp lies above its tangent at 0, and touches it there only. *)
Lemma expR_gt1Dx (x : R) : x != 0 -> 1 + x < expR x.
Proof.
have mvt (a b : R) : a < b -> exists2 c, c \in `]a, b[ & expR b - expR a = expR c * (b - a).
  by move=> ab; apply: MVT => //; apply: continuous_subspaceT => c; exact: continuous_expR.
case: (ltgtP x 0) => // [x_lt0 | x_gt0] _.
  have [c] := mvt x 0 x_lt0; rewrite in_itv /= expR0 sub0r => /andP[_ c_lt0] E.
  rewrite -subr_gt0; have -> : expR x - (1 + x) = (1 - expR c) * - x by rewrite mulrBl -E; ring.
  by rewrite mulr_gt0 ?oppr_gt0 // subr_gt0 expR_lt1.
have [c] := mvt 0 x x_gt0; rewrite in_itv /= expR0 subr0 => /andP[c_gt0 _] E.
rewrite -subr_gt0; have -> : expR x - (1 + x) = (expR c - 1) * x by rewrite mulrBl -E; ring.
by rewrite mulr_gt0 // subr_gt0 expR_gt1.
Qed.

Lemma expR_tangent (x : R) : 1 + x <= expR x ?= iff (x == 0).
Proof.
apply/leifP; case: eqVneq => [-> | x0]; first by rewrite expR0 addr0.
exact: expR_gt1Dx.
Qed.

Lemma sum_expR_gt0 (I : finType) (A : {pred I}) (x : I -> R) : (0 < #|A|)%N ->
  0 < \sum_(i in A) expR (x i).
Proof.
case/card_gt0P=> i Ai; rewrite (bigD1 i) //= ltr_paddr ?expR_gt0 //.
by apply: sumr_ge0 => j _; rewrite ltW ?expR_gt0.
Qed.

Lemma jensen (I : finType) (A : {pred I}) (x : I -> R) : (0 < #|A|)%N ->
  \sum_(i in A) x i <= #|A|%:R * (ln (\sum_(i in A) expR (x i)) - ln #|A|%:R)
    ?= iff [forall i in A, forall j in A, x i == x j].
Proof.
move=> A_gt0; have card_pos : 0 < #|A|%:R :> R by rewrite ltr0n.
have sum_gt0 := sum_expR_gt0 x A_gt0.
rewrite -ln_div ?posrE // -(mono_leif (@ler_expR R)) expRMm lnK ?posrE ?divr_gt0 //.
rewrite (big_morph expR (@expRD R) (@expR0 R)).
have := leif_AGM (fun i _ => ltW (expR_gt0 (x i)) : 0 <= expR (x i)) (A := A).
congr (_ <= _ ?= iff _); apply: eq_forallb => i; congr (_ ==> _); apply: eq_forallb => j.
by rewrite (inj_eq (@expR_inj R)).
Qed.

(* The repulsion of DCL. *)
Definition dcl n (S : 'I_n -> 'I_n -> R) : R := \sum_i ln (\sum_(j | j != i) expR (S i j)).

Definition constant_off n (S : 'I_n -> 'I_n -> R) :=
  [forall i, forall j in predC1 i, forall k in predC1 i, S i j == S i k].

Lemma dcl_lower n (S : 'I_n -> 'I_n -> R) : (1 < n)%N ->
  n%:R * ln n.-1%:R + (\sum_i \sum_(j | j != i) S i j) / n.-1%:R <= dcl S ?= iff constant_off S.
Proof.
move=> n_gt1; have card (i : 'I_n) : #|predC1 i| = n.-1 by rewrite cardC1 card_ord.
have n1_gt0 : 0 < n.-1%:R :> R by rewrite ltr0n -subn1 subn_gt0.
have rows : \sum_i \sum_(j | j != i) S i j <= \sum_i n.-1%:R * (ln (\sum_(j | j != i) expR (S i j)) - ln n.-1%:R)
    ?= iff constant_off S.
  apply: leif_sum => i _; have := jensen (S i) (A := predC1 i); rewrite card -(ltr0n R) => /(_ n1_gt0).
  by [].
have total : \sum_i n.-1%:R * (ln (\sum_(j | j != i) expR (S i j)) - ln n.-1%:R) =
    n.-1%:R * (dcl S - n%:R * ln n.-1%:R).
  by rewrite -mulr_sumr sumrB; congr (_ * (_ - _)); exact: sum_equal.
move: rows; rewrite total => rows.
rewrite -(mono_leif (ler_pmul2l n1_gt0)) mulrDr [_ * (_ / _)]mulrC divfK ?lt0r_neq0 //.
by rewrite addrC -leif_subRL -mulrBr.
Qed.

(* Rows that are constant off the diagonal of a symmetric matrix are all the same constant. *)
Lemma constant_off_sym n (S : 'I_n -> 'I_n -> R) : (1 < n)%N -> (forall i j, S i j = S j i) ->
  constant_off S <-> (exists c, forall i j, i != j -> S i j = c).
Proof.
case: n S => [|[|n]] // S _ symS; split=> [off | [c off]].
  have row i j k : j != i -> k != i -> S i j = S i k.
    by move=> ji ki; move/forallP/(_ i)/forall_inP/(_ j ji)/forall_inP/(_ k ki): off => /eqP.
  exists (S 0 1) => i j ij; have [i0 | i0] := eqVneq i 0.
    by rewrite i0 in ij *; apply: row; rewrite // eq_sym.
  by rewrite (row i j 0) // 1?eq_sym // symS; apply: row.
apply/forallP => i; apply/forall_inP => j ji; apply/forall_inP => k ki.
by rewrite !off // eq_sym.
Qed.

(* DCL-sq: similarities squared, at temperature tau, one view. *)
Definition dcl_sq m n tau (K : 'M[R]_(m, n)) := dcl (fun i j => (K^T *m K) i j ^+ 2 / tau).

Lemma sum_off_sq m n tau (K : 'M[R]_(m, n)) :
  \sum_i \sum_(j | j != i) (K^T *m K) i j ^+ 2 / tau = L_c K / tau.
Proof. by rewrite /L_c sqnorm_off mulr_suml; apply: eq_bigr => i _; rewrite mulr_suml. Qed.

(* "DCL-sq is sample-contrastive", as an inequality: DCL-sq >= N log(N - 1) + L_c / ((N - 1) tau). *)
Theorem prop_3_2_sq_bound m n tau (K : 'M[R]_(m, n)) : (1 < n)%N ->
  n%:R * ln n.-1%:R + L_c K / tau / n.-1%:R <= dcl_sq tau K.
Proof.
by move=> n_gt1; rewrite -sum_off_sq (dcl_lower (fun i j => (K^T *m K) i j ^+ 2 / tau) n_gt1).
Qed.

(* Equality exactly when all off-diagonal similarities have the same modulus. *)
Theorem prop_3_2_sq_equality m n tau (K : 'M[R]_(m, n)) : (1 < n)%N -> tau != 0 ->
  dcl_sq tau K = n%:R * ln n.-1%:R + L_c K / tau / n.-1%:R <->
  (exists c, forall i j, i != j -> (K^T *m K) i j ^+ 2 = c).
Proof.
move=> n_gt1 tau0; set S := fun i j => (K^T *m K) i j ^+ 2 / tau.
have -> : dcl_sq tau K = n%:R * ln n.-1%:R + L_c K / tau / n.-1%:R <-> constant_off S.
  rewrite -sum_off_sq -(eq_leif (dcl_lower S n_gt1)).
  by split=> [/eqP | /eqP ->] //; rewrite eq_sym.
rewrite constant_off_sym // => [|i j]; last by rewrite /S gram_sym.
by split=> -[c off]; [exists (c * tau) | exists (c / tau)] => i j ij;
   rewrite -(off i j ij) /S ?divfK.
Qed.

(* Unit embeddings, N <= M: the minimisers of DCL-sq are those of L_c. *)
Theorem prop_3_2_sq_minimisers m n tau (K : 'M[R]_(m, n)) :
  (1 < n <= m)%N -> 0 < tau -> unit_columns K ->
  (forall K' : 'M[R]_(m, n), unit_columns K' -> dcl_sq tau K <= dcl_sq tau K') <-> L_c K = 0.
Proof.
move=> /andP[n_gt1 nm] tau_gt0 cols; have n1_gt0 : 0 < n.-1%:R :> R by rewrite ltr0n -subn1 subn_gt0.
have at_zero (K' : 'M[R]_(m, n)) : L_c K' = 0 -> dcl_sq tau K' = n%:R * ln n.-1%:R.
  move=> L0; have := L0; rewrite /L_c => /sqnorm_eq0/matrixP off.
  rewrite -[RHS]addr0 -[X in _ + X](mul0r n.-1%:R^-1) -[X in X / _](mul0r tau^-1) -L0.
  apply/prop_3_2_sq_equality => //; first exact: lt0r_neq0.
  exists 0 => i j ij; have := off i j; rewrite [LHS]mxE [X in _ + X]mxE [diag _ _ _]mxE (negPf ij).
  by rewrite oppr0 addr0 [RHS]mxE => ->; rewrite expr0n.
split=> [least | L0 K' cols']; last first.
  rewrite at_zero // (le_trans _ (prop_3_2_sq_bound tau K' n_gt1)) // ler_addl.
  by rewrite !mulr_ge0 ?invr_ge0 ?sqnorm_ge0 ?ler0n // ltW.
have [_ /(_ nm)[K0 cols0 L0]] := def_3_2_minimum R m n.
have := le_trans (prop_3_2_sq_bound tau K n_gt1) (least K0 cols0); rewrite (at_zero _ L0) ger_addl.
rewrite pmulr_lle0 ?invr_gt0 // pmulr_lle0 ?invr_gt0 // => L_le0.
by apply/le_anti; rewrite L_le0 sqnorm_ge0.
Qed.

(* An equiangular tight frame minimises DCL-sq over unit embeddings, whatever N. *)
Theorem prop_3_2_sq_etf m n tau (K : 'M[R]_(m, n)) c :
  (1 < n)%N -> (0 < m)%N -> 0 < tau -> unit_columns K ->
  m%:R * L_c K = n%:R ^+ 2 - m%:R * n%:R -> (forall i j, i != j -> (K^T *m K) i j ^+ 2 = c) ->
  forall K' : 'M[R]_(m, n), unit_columns K' -> dcl_sq tau K <= dcl_sq tau K'.
Proof.
move=> n_gt1 m_gt0 tau_gt0 cols tight angle K' cols'.
have [_ ->] := prop_3_2_sq_equality K n_gt1 (lt0r_neq0 tau_gt0); last by exists c.
rewrite (le_trans _ (prop_3_2_sq_bound tau K' n_gt1)) // ler_add2l.
rewrite !ler_wpmul2r ?invr_ge0 ?ler0n ?(ltW tau_gt0) //.
by rewrite -(ler_pmul2l (_ : 0 < m%:R)) ?ltr0n // tight def_3_2_welch.
Qed.

(* ... and it is the only one: every minimiser is an equiangular tight frame, if there is one at all. *)
Theorem prop_3_2_sq_etf_only m n tau (K E : 'M[R]_(m, n)) e :
  (1 < n)%N -> (0 < m)%N -> 0 < tau -> unit_columns K -> unit_columns E ->
  m%:R * L_c E = n%:R ^+ 2 - m%:R * n%:R -> (forall i j, i != j -> (E^T *m E) i j ^+ 2 = e) ->
  (forall K' : 'M[R]_(m, n), unit_columns K' -> dcl_sq tau K <= dcl_sq tau K') ->
  m%:R * L_c K = n%:R ^+ 2 - m%:R * n%:R /\ exists c, forall i j, i != j -> (K^T *m K) i j ^+ 2 = c.
Proof.
move=> n_gt1 m_gt0 tau_gt0 colsK colsE tight angle least.
have n1_gt0 : 0 < n.-1%:R :> R by rewrite ltr0n -subn1 subn_gt0.
have m_pos : 0 < m%:R :> R by rewrite ltr0n.
have tau0 := lt0r_neq0 tau_gt0.
have EE : dcl_sq tau E = n%:R * ln n.-1%:R + L_c E / tau / n.-1%:R.
  by apply/(prop_3_2_sq_equality E n_gt1 tau0); exists e.
have LE : L_c E <= L_c K by rewrite -(ler_pmul2l m_pos) tight def_3_2_welch.
have KE := least E colsE; rewrite EE in KE.
have KL := le_trans (prop_3_2_sq_bound tau K n_gt1) KE.
have LK : L_c K <= L_c E by move: KL; rewrite ler_add2l !ler_pmul2r ?invr_gt0.
have LL : L_c K = L_c E by apply/le_anti; rewrite LK LE.
split; first by rewrite LL.
apply/(prop_3_2_sq_equality K n_gt1 tau0); apply/le_anti.
by rewrite {1}LL KE prop_3_2_sq_bound.
Qed.

(* Similarities off the diagonal add up to |sum_i x_i|^2 - |K|^2 for embeddings x_i. *)
Lemma sum_off_gram m n (K : 'M[R]_(m, n)) :
  \sum_i \sum_(j | j != i) (K^T *m K) i j = \sum_l (\sum_i K l i) ^+ 2 - sqnorm K.
Proof.
have -> : \sum_l (\sum_i K l i) ^+ 2 = \sum_i \sum_j (K^T *m K) i j.
  have -> : \sum_i \sum_j (K^T *m K) i j = \sum_i \sum_j \sum_l K l i * K l j.
    by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite mxE; apply: eq_bigr => l _; rewrite mxE.
  under [RHS]eq_bigr do rewrite exchange_big /=; rewrite exchange_big /=; apply: eq_bigr => l _.
  by rewrite expr2 mulr_suml; apply: eq_bigr => i _; rewrite mulr_sumr.
rewrite -sum_col_sq -sumrB; apply: eq_bigr => i _.
by rewrite [X in _ = X - _](bigD1 i) //= gram_diag addrAC subrr add0r.
Qed.

Lemma sum_off_const n (c : R) : \sum_(i < n) \sum_(j < n | j != i) c = n%:R * (n.-1%:R * c).
Proof.
apply: sum_equal => i; rewrite (eq_bigl (mem (predC1 i))) // sumr_const cardC1 card_ord.
by rewrite mulr_natl.
Qed.

(* Embeddings of mean squared norm v: DCL is least, N log(N - 1) - N v / ((N - 1) tau), exactly where they form a
   simplex, all similarities of negative pairs being -v / (N - 1). *)
Definition simplex_least n tau v : R := n%:R * ln n.-1%:R + - (n%:R * v) / tau / n.-1%:R.

Lemma dcl_simplex m n tau v (K : 'M[R]_(m, n)) :
  (1 < n)%N -> 0 < tau -> sqnorm K = n%:R * v ->
  let repulsion := dcl (fun i j => (K^T *m K) i j / tau) in
  simplex_least n tau v <= repulsion /\
  (repulsion = simplex_least n tau v <-> forall i j, i != j -> (K^T *m K) i j = - v / n.-1%:R).
Proof.
move=> n_gt1 tau_gt0 energy repulsion; have n1_gt0 : 0 < n.-1%:R :> R by rewrite ltr0n -subn1 subn_gt0.
have n_neq0 : n%:R != 0 :> R by rewrite pnatr_eq0 -lt0n ltnW.
pose total := \sum_i \sum_(j | j != i) (K^T *m K) i j.
have total_ge : - (n%:R * v) <= total.
  by rewrite /total sum_off_gram energy addrC ler_addl; apply: sumr_ge0 => l _; exact: sqr_ge0.
have scaled : \sum_i \sum_(j | j != i) (K^T *m K) i j / tau = total / tau.
  by rewrite mulr_suml; apply: eq_bigr => i _; rewrite mulr_suml.
have := dcl_lower (fun i j => (K^T *m K) i j / tau) n_gt1; rewrite scaled -/repulsion => lower.
have mono x y : (n%:R * ln n.-1%:R + x / tau / n.-1%:R <= n%:R * ln n.-1%:R + y / tau / n.-1%:R) = (x <= y).
  by rewrite ler_add2l !ler_pmul2r ?invr_gt0.
have const_off : constant_off (fun i j => (K^T *m K) i j / tau) <->
    exists c, forall i j, i != j -> (K^T *m K) i j / tau = c.
  by apply: constant_off_sym => // i j; rewrite gram_sym.
split; first by rewrite (le_trans _ lower) // mono.
split=> [least | simplex].
  have total_eq : total = - (n%:R * v).
    by apply/le_anti; rewrite total_ge andbT -mono -[X in _ <= X]/(simplex_least n tau v) -least lower.
  have /const_off[c off] : constant_off (fun i j => (K^T *m K) i j / tau).
    by rewrite -(eq_leif lower) least total_eq.
  have gram_c i j : i != j -> (K^T *m K) i j = c * tau by move=> /off <-; rewrite divfK ?lt0r_neq0.
  move=> i j ij; rewrite gram_c //; apply: (mulfI (lt0r_neq0 n1_gt0)); apply: (mulfI n_neq0).
  rewrite -(sum_off_const n) [n.-1%:R * _]mulrC divfK ?lt0r_neq0 // mulrN -total_eq.
  by apply: eq_bigr => k _; apply: eq_bigr => l lk; rewrite gram_c // eq_sym.
have total_eq : total = - (n%:R * v).
  rewrite -mulrN -[- v](divfK (lt0r_neq0 n1_gt0)) [_ * n.-1%:R]mulrC -sum_off_const.
  by apply: eq_bigr => k _; apply: eq_bigr => l lk; rewrite simplex // eq_sym.
rewrite /simplex_least -total_eq; apply/esym/eqP; rewrite (eq_leif lower).
by apply/const_off; exists (- v / n.-1%:R / tau) => i j ij; rewrite simplex.
Qed.

(* At the simplex L_c is N v^2 / (N - 1), not 0. *)
Lemma L_c_simplex m n v (K : 'M[R]_(m, n)) : (1 < n)%N ->
  (forall i j, i != j -> (K^T *m K) i j = - v / n.-1%:R) -> L_c K = n%:R * v ^+ 2 / n.-1%:R.
Proof.
move=> n_gt1 simplex; have n1_neq0 : n.-1%:R != 0 :> R by rewrite pnatr_eq0 -lt0n -subn1 subn_gt0.
rewrite /L_c sqnorm_off (_ : \sum_i _ = \sum_(i < n) \sum_(j < n | j != i) (- v / n.-1%:R) ^+ 2).
  by rewrite sum_off_const; field.
by apply: eq_bigr => i _; apply: eq_bigr => j ji; rewrite simplex // eq_sym.
Qed.

(* Proposition 3.1 with N samples instead of infinitely many: the optimum of DCL over unit embeddings is the simplex,
   every similarity -1 / (N - 1), and there L_c = N / (N - 1). *)
Theorem prop_3_1_simplex m n tau (K : 'M[R]_(m, n)) :
  (1 < n)%N -> 0 < tau -> unit_columns K ->
  let repulsion := dcl (fun i j => (K^T *m K) i j / tau) in
  [/\ simplex_least n tau 1 <= repulsion,
    repulsion = simplex_least n tau 1 <-> (forall i j, i != j -> (K^T *m K) i j = - 1 / n.-1%:R)
    & repulsion = simplex_least n tau 1 -> L_c K = n%:R / n.-1%:R].
Proof.
move=> n_gt1 tau_gt0 cols repulsion; have energy : sqnorm K = n%:R * 1 by rewrite -sum_col_sq (sum_equal cols).
have [least equality] := dcl_simplex n_gt1 tau_gt0 energy.
split=> // /equality /(L_c_simplex n_gt1) ->; by rewrite expr1n mulr1.
Qed.

(* The simplex exists, and the least value is attained, exactly for N <= M + 1; there it is the only minimiser. *)
Theorem prop_3_1_attained m n tau : (1 < n)%N -> 0 < tau ->
  (exists2 K : 'M[R]_(m, n), unit_columns K & dcl (fun i j => (K^T *m K) i j / tau) = simplex_least n tau 1)
  <-> (n <= m.+1)%N.
Proof.
move=> n_gt1 tau_gt0; rewrite -(@simplex_exists R m n 1 n_gt1 ltr01); split=> -[K] => [cols | gramK].
  have [_ equality _] := prop_3_1_simplex n_gt1 tau_gt0 cols; move/equality=> simplex; exists K.
  apply/matrixP => i j; rewrite [RHS]mxE; case: eqVneq => [<- | ij]; last exact: simplex.
  by rewrite gram_diag cols.
have cols : unit_columns K by move=> i; rewrite -gram_diag gramK mxE eqxx.
exists K => //; have [_ equality _] := prop_3_1_simplex n_gt1 tau_gt0 cols; apply/equality => i j /negPf ij.
by rewrite gramK mxE ij.
Qed.

Theorem prop_3_1_minimisers m n tau (K : 'M[R]_(m, n)) : (1 < n <= m.+1)%N -> 0 < tau -> unit_columns K ->
  (forall K' : 'M[R]_(m, n), unit_columns K' ->
     dcl (fun i j => (K^T *m K) i j / tau) <= dcl (fun i j => (K'^T *m K') i j / tau))
  <-> (forall i j, i != j -> (K^T *m K) i j = - 1 / n.-1%:R).
Proof.
move=> /andP[n_gt1 nm] tau_gt0 cols; have [lower equality _] := prop_3_1_simplex n_gt1 tau_gt0 cols.
rewrite -equality; split=> [least | -> K' cols']; last by have [] := prop_3_1_simplex n_gt1 tau_gt0 cols'.
have [_ /(_ nm)[E colsE least_E]] := prop_3_1_attained m n_gt1 tau_gt0.
by apply/le_anti; rewrite lower andbT -least_E least.
Qed.

End LogSumExp.
