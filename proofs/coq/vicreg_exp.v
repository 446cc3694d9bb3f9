(* VICReg-exp, equations 11 to 13: DCL on the dimensions. Its optimum is their simplex, not L_nc = 0. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From mathcomp Require Import reals sequences exp.
From Duality Require Import criteria duality normalization bounds attained logsumexp methods.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section VICRegExp.
Variable R : realType.
Implicit Types (m n : nat) (tau v : R).

(* c_exp of a covariance matrix. *)
Definition c_exp m tau (C : 'M[R]_m) : R := dcl (fun j k => C j k / tau) / m%:R.

(* Where the similarities are those of the simplex, equal norms follow from their mean. *)
Lemma simplex_norms m n v (K : 'M[R]_(m, n)) : (1 < n)%N -> sqnorm K = n%:R * v ->
  (forall i j, i != j -> (K^T *m K) i j = - v / n.-1%:R) -> forall i, col_sq K i = v.
Proof.
move=> n_gt1 energy simplex i; have n1_neq0 : n.-1%:R != 0 :> R by rewrite pnatr_eq0 -lt0n -subn1 subn_gt0.
have centred l : \sum_k K l k = 0.
  have := sum_off_gram K; rewrite energy (_ : \sum_i _ = - (n%:R * v)); last first.
    rewrite -mulrN -[- v](divfK n1_neq0) [_ * n.-1%:R]mulrC -sum_off_const.
    by apply: eq_bigr => j _; apply: eq_bigr => k kj; rewrite simplex // eq_sym.
  move/eqP; rewrite eq_sym -subr_eq0 opprK subrK psumr_eq0 => [/allP/(_ l)|k _]; last exact: sqr_ge0.
  by rewrite mem_index_enum sqrf_eq0 => /(_ isT)/eqP.
have : \sum_k (K^T *m K) i k = 0.
  under eq_bigr do rewrite mxE; rewrite exchange_big big1 // => l _.
  by under eq_bigr do rewrite mxE; rewrite -mulr_sumr centred mulr0.
rewrite (bigD1 i) //= gram_diag (eq_bigr (fun=> - v / n.-1%:R)) => [|k ki]; last by rewrite simplex // eq_sym.
rewrite (eq_bigl (mem (predC1 i))) // sumr_const cardC1 card_ord -[_ *+ n.-1]mulr_natr divfK //.
by move/eqP; rewrite subr_eq0 => /eqP.
Qed.

(* Equations 11 to 13, for dimensions of mean squared norm v. At the optimum all of them have this norm, and
   L_nc = M v^2 / (M - 1), not 0. *)
Theorem eq_11_13_simplex m n tau v (K : 'M[R]_(m, n)) :
  (1 < m)%N -> 0 < tau -> sqnorm K = m%:R * v ->
  let least := simplex_least m tau v / m%:R in
  [/\ least <= c_exp tau (K *m K^T),
    c_exp tau (K *m K^T) = least <-> (forall j k, j != k -> (K *m K^T) j k = - v / m.-1%:R),
    c_exp tau (K *m K^T) = least -> forall j, row_sq K j = v
    & c_exp tau (K *m K^T) = least -> L_nc K = m%:R * v ^+ 2 / m.-1%:R].
Proof.
move=> m_gt1 tau_gt0 energy least; have m_gt0 : 0 < m%:R :> R by rewrite ltr0n ltnW.
have energy_tr : sqnorm K^T = m%:R * v by rewrite sqnorm_tr.
have [lower equality] := dcl_simplex m_gt1 tau_gt0 energy_tr; rewrite trmxK in lower equality.
have c_expE : c_exp tau (K *m K^T) = least <-> forall j k, j != k -> (K *m K^T) j k = - v / m.-1%:R.
  rewrite -equality /c_exp /least.
  by split=> [/(mulIf (invr_neq0 (lt0r_neq0 m_gt0))) | ->].
split=> // [|/c_expE simplex j | /c_expE simplex]; first by rewrite ler_pmul2r ?invr_gt0.
  by rewrite -col_sq_tr; apply: simplex_norms => // i k; rewrite trmxK; exact: simplex.
by rewrite -L_c_tr (L_c_simplex (v := v)) // trmxK.
Qed.

(* The same for the covariance matrix that VICReg takes: centred over the batch, divided by N - 1. *)
Theorem eq_11_13_covariance m n tau v (K : 'M[R]_(m, n)) :
  (1 < m)%N -> 0 < tau -> \tr (covariance K) = m%:R * v ->
  let least := simplex_least m tau v / m%:R in
  least <= c_exp tau (covariance K) /\
  (c_exp tau (covariance K) = least <-> forall j k, j != k -> covariance K j k = - v / m.-1%:R).
Proof.
move=> m_gt1 tau_gt0 trace; pose A := Num.sqrt (n.-1%:R^-1) *: centred K.
have covE : covariance K = A *m A^T.
  by rewrite /A -scalemxAl [(_ *: _)^T]linearZ /= -scalemxAr scalerA -expr2 sqr_sqrtr // invr_ge0 ler0n.
have energy : sqnorm A = m%:R * v by rewrite sqnormE -covE.
by have [lower equality _ _] := eq_11_13_simplex m_gt1 tau_gt0 energy; rewrite covE.
Qed.

(* With centred dimensions of mean squared norm v the optimum is attained exactly for N >= M. *)
Theorem eq_11_13_attained m n tau v : (1 < m)%N -> 0 < tau -> 0 < v ->
  (exists K : 'M[R]_(m, n), [/\ sqnorm K = m%:R * v, forall j, \sum_i K j i = 0
     & c_exp tau (K *m K^T) = simplex_least m tau v / m%:R]) <-> (m <= n)%N.
Proof.
move=> m_gt1 tau_gt0 v_gt0; rewrite -(centred_simplex_exists n m_gt1 v_gt0); split=> -[K].
  case=> energy centred optimal; have [_ equality norms _] := eq_11_13_simplex m_gt1 tau_gt0 energy.
  exists K => //; apply/matrixP => j k; rewrite [RHS]mxE; case: eqVneq => [<- | jk].
    by rewrite cov_diag norms.
  by case: equality => /(_ optimal) -> .
move=> covK centred; have norms j : row_sq K j = v by rewrite -cov_diag covK mxE eqxx.
have energy : sqnorm K = m%:R * v by rewrite -sum_row_sq (sum_equal norms).
exists K; split=> //; have [_ equality _ _] := eq_11_13_simplex m_gt1 tau_gt0 energy.
by apply/equality => j k /negPf jk; rewrite covK mxE jk.
Qed.

End VICRegExp.
