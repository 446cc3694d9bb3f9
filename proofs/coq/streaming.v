(* Samples in chunks: what streaming over a data set and a single all-reduce rely on. *)
From mathcomp Require Import all_ssreflect all_algebra.
From Duality Require Import criteria duality.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory tagnat.
Local Open Scope ring_scope.

Section Streaming.
Variables (R : comRingType) (m b : nat) (size_of : 'I_b -> nat) (chunk : forall k, 'M[R]_(m, size_of k)).

(* K has all samples side by side, chunk after chunk. The covariance matrix and the fourth powers add up over chunks;
   L_c follows without any N x N matrix. *)
Theorem streaming_chunks (K := \mxrow_k chunk k) :
  [/\ K *m K^T = \sum_k chunk k *m (chunk k)^T, col4 K = \sum_k col4 (chunk k)
    & L_c K = sqnorm (\sum_k chunk k *m (chunk k)^T) - \sum_k col4 (chunk k)].
Proof.
have covK : K *m K^T = \sum_k chunk k *m (chunk k)^T by rewrite tr_mxrow mul_mxrow_mxcol.
have col4K : col4 K = \sum_k col4 (chunk k).
  rewrite [RHS]sig_big_dep /= (reindex _ sig_bij_on) /=; apply: eq_bigr => s _.
  by congr (_ ^+ 2); apply: eq_bigr => j _; rewrite mxE.
by split=> //; rewrite -covK -col4K -gram_norm_duality -L_c_split addrK.
Qed.

End Streaming.
