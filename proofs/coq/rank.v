(* The participation ratio bounds the rank from below, and with it the conditioning of the dual path: evaluating
   L_nc as |K^T K|^2 - sum_j |K_{j,.}|^4 on the Gram side. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From Duality Require Import criteria duality normalization bounds.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section CauchySchwarz.
Variable R : realFieldType.
Implicit Types m n : nat.

Lemma cauchy_schwarz m n (A B : 'M[R]_(m, n)) : inner A B ^+ 2 <= sqnorm A * sqnorm B.
Proof.
have [/eqP/sqnorm_eq0 -> | A0] := boolP (sqnorm A == 0).
  by rewrite /inner big1 => [|i _]; rewrite ?expr0n ?mulr_ge0 ?sqnorm_ge0 // big1 // => j _; rewrite mxE mul0r.
have A_gt0 : 0 < sqnorm A by rewrite lt0r A0 sqnorm_ge0.
have : 0 <= sqnorm (sqnorm A *: B - inner A B *: A) := sqnorm_ge0 _.
have -> : sqnorm (sqnorm A *: B - inner A B *: A) = sqnorm A * (sqnorm A * sqnorm B - inner A B ^+ 2).
  have expand a b : sqnorm (a *: B - b *: A) = a ^+ 2 * sqnorm B - a * b * inner A B *+ 2 + b ^+ 2 * sqnorm A.
    rewrite /sqnorm /inner !mulr_sumr -sumrMnl -sumrB -big_split; apply: eq_bigr => i _ /=.
    rewrite !mulr_sumr -sumrMnl -sumrB -big_split; apply: eq_bigr => j _ /=.
    by rewrite !mxE; move: (A i j) (B i j) => x y; ring.
  by rewrite expand; set S := sqnorm A; set T := sqnorm B; set I := inner A B; ring.
by rewrite pmulr_rge0 // subr_ge0.
Qed.

End CauchySchwarz.

Section Rank.
Variable R : realFieldType.
Implicit Types m n : nat.

(* Rows of full rank have an invertible Gram matrix. *)
Lemma row_free_unit r n (V : 'M[R]_(r, n)) : row_free V -> V *m V^T \in unitmx.
Proof.
move=> freeV; rewrite -row_free_unit; apply/inj_row_free => x xVV.
have xV0 : x *m V = 0.
  by apply/sqnorm_eq0; rewrite sqnormE trmx_mul mulmxA -(mulmxA x) xVV mul0mx linear0.
by apply: (row_free_inj freeV); rewrite /= xV0 mul0mx.
Qed.

(* The orthogonal projector on the row space: P fixes K, and its norm is the rank. *)
Lemma row_projector m n (K : 'M[R]_(m, n)) :
  exists P : 'M[R]_n, K *m P = K /\ sqnorm P = (\rank K)%:R.
Proof.
move: (row_base K) (row_base_free K) (eq_row_base K) => V /row_free_unit unitVV eqV.
have [U KU] : exists U, K = U *m V by apply/submxP; rewrite eqV.
pose P := V^T *m invmx (V *m V^T) *m V; have VP : V *m P = V by rewrite /P !mulmxA mulmxV ?mul1mx.
exists P; split; first by rewrite KU -mulmxA VP.
have symP : P^T = P by rewrite /P !trmx_mul trmx_inv trmx_mul !trmxK mulmxA.
have PP : P *m P = P by rewrite -[LHS]/(V^T *m invmx (V *m V^T) *m V *m P) -mulmxA VP.
by rewrite sqnormE symP PP /P mxtrace_mulC mulmxA mulmxV // mxtrace1.
Qed.

(* T^2 <= rank(K) |K^T K|^2: the participation ratio T^2 / |K^T K|^2 is at most the rank. *)
Theorem rank_bound m n (K : 'M[R]_(m, n)) :
  sqnorm K ^+ 2 <= (\rank K)%:R * sqnorm (K^T *m K).
Proof.
have [P [KP normP]] := row_projector K.
have -> : sqnorm K = inner (K^T *m K) P^T.
  by rewrite sqnormE innerE trmxK -mulmxA KP mxtrace_mulC.
by rewrite mulrC -normP -(sqnorm_tr P) cauchy_schwarz.
Qed.

Lemma rank_bound_mul m n (K : 'M[R]_(m, n)) rho : (\rank K <= rho)%N ->
  sqnorm K ^+ 2 <= rho%:R * sqnorm (K^T *m K).
Proof.
move=> le_rho; apply: le_trans (rank_bound K) _.
by rewrite ler_wpmul2r ?sqnorm_ge0 // ler_nat.
Qed.

(* Centred embeddings lose one rank. *)
Lemma rank_centred m n (K : 'M[R]_(m, n.+1)) : (forall j, \sum_i K j i = 0) -> (\rank K <= n)%N.
Proof.
move=> centred; rewrite -ltnS ltn_neqAle rank_leq_col andbT.
apply/negP => full; have /row_fullP[B BK] : row_full K by [].
have : B *m K *m const_mx 1 = 0 :> 'cV[R]_n.+1.
  rewrite -mulmxA (_ : K *m _ = 0) ?mulmx0 //; apply/colP => j.
  by rewrite !mxE -[RHS](centred j); apply: eq_bigr => i _; rewrite mxE mulr1.
by rewrite BK mul1mx => /matrixP/(_ 0 0)/eqP; rewrite !mxE oner_eq0.
Qed.

Lemma L_nc_gram m n (K : 'M[R]_(m, n)) : L_nc K = sqnorm (K^T *m K) - row4 K.
Proof. by rewrite gram_norm_duality -L_nc_split addrK. Qed.

Lemma row4_ge0 m n (K : 'M[R]_(m, n)) : 0 <= row4 K.
Proof. by apply: sumr_ge0 => j _; exact: sqr_ge0. Qed.

(* Equal row norms: |K^T K|^2 >= (M/rank) sum_j |K_{j,.}|^4. *)
Lemma equal_rows_gram_lower m n (K : 'M[R]_(m, n)) rho :
  (\rank K <= rho)%N -> (forall j k, row_sq K j = row_sq K k) ->
  m%:R * row4 K <= rho%:R * sqnorm (K^T *m K).
Proof.
move=> le_rho equal; have /eqTleif <- := row4_lower K; first exact: rank_bound_mul.
by apply/'forall_'forall_eqP.
Qed.

(* Equal row norms and M >= 2 rank(K): the subtraction |K^T K|^2 - sum_j |K_{j,.}|^4 loses at most one bit. *)
Theorem dual_conditioning m n (K : 'M[R]_(m, n)) rho :
  (\rank K <= rho)%N -> (2 * rho <= m)%N -> (forall j k, row_sq K j = row_sq K k) ->
  sqnorm (K^T *m K) <= 2%:R * L_nc K.
Proof.
move=> le_rho rho_m equal; rewrite L_nc_gram -subr_ge0.
have -> : 2%:R * (sqnorm (K^T *m K) - row4 K) - sqnorm (K^T *m K) = sqnorm (K^T *m K) - 2%:R * row4 K.
  by set S := sqnorm _; ring.
rewrite subr_ge0; have [rho0 | rho_gt0] := posnP rho.
  have := rank_bound_mul le_rho; rewrite rho0 mul0r => T2_le0.
  have /le_anti row40 : row4 K <= 0 <= row4 K by rewrite row4_ge0 (le_trans (row4_upper K)).
  by rewrite row40 mulr0 sqnorm_ge0.
rewrite -(ler_pmul2l (_ : 0 < rho%:R)) ?ltr0n // mulrA -natrM mulnC.
apply: le_trans (equal_rows_gram_lower le_rho equal).
by rewrite ler_wpmul2r ?row4_ge0 // ler_nat.
Qed.

(* M >= 2 N suffices ... *)
Theorem dual_conditioning_samples m n (K : 'M[R]_(m, n)) :
  (2 * n <= m)%N -> (forall j k, row_sq K j = row_sq K k) -> sqnorm (K^T *m K) <= 2%:R * L_nc K.
Proof. exact/dual_conditioning/rank_leq_col. Qed.

(* ... and M >= 2 (N - 1) for centred embeddings. *)
Theorem dual_conditioning_centred m n (K : 'M[R]_(m, n.+1)) :
  (forall j, \sum_i K j i = 0) -> (2 * n <= m)%N -> (forall j k, row_sq K j = row_sq K k) ->
  sqnorm (K^T *m K) <= 2%:R * L_nc K.
Proof. by move=> /rank_centred; exact: dual_conditioning. Qed.

(* The gate of the code, without assumption on the norms: with q = T^2 / (rho row4) > 1, rho any bound on the rank,
   the condition number (total + diagonal) / off-diagonal of the subtraction is at most (q + 1) / (q - 1). *)
Theorem dual_conditioning_gate m n (K : 'M[R]_(m, n)) rho :
  let q := sqnorm K ^+ 2 / (rho%:R * row4 K) in
  (\rank K <= rho)%N -> 1 < q ->
  0 < L_nc K /\ (sqnorm (K^T *m K) + row4 K) / L_nc K <= (q + 1) / (q - 1).
Proof.
move=> q le_rho q_gt1; rewrite L_nc_gram; set S := sqnorm _; set D := row4 K.
have rhoD_gt0 : 0 < rho%:R * D.
  rewrite lt0r mulr_ge0 ?ler0n ?row4_ge0 // andbT.
  by apply: contraTneq q_gt1 => rhoD0; rewrite /q -/D rhoD0 invr0 mulr0 ltr10.
have D_gt0 : 0 < D.
  by rewrite lt0r row4_ge0 andbT; apply: contraTneq rhoD_gt0 => ->; rewrite mulr0 ltxx.
have qD : q * D <= S.
  rewrite -ler_pdivl_mulr // /q -/D ler_pdivr_mulr // (_ : S / D * _ = rho%:R * S); first exact: rank_bound_mul.
  by field; exact: lt0r_neq0.
have D_lt_S : D < S by apply: lt_le_trans qD; rewrite -[X in X < _]mul1r ltr_pmul2r.
split; first by rewrite subr_gt0.
rewrite ler_pdivr_mulr ?subr_gt0 // mulrAC ler_pdivl_mulr ?subr_gt0 // -subr_ge0.
have -> : (q + 1) * (S - D) - (S + D) * (q - 1) = 2%:R * (S - q * D) by ring.
by rewrite mulr_ge0 ?ler0n ?subr_ge0.
Qed.

End Rank.
