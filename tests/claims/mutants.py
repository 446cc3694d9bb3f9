"""For each claim, changes of the library that its numeric checks must see: what is wrong, and nothing that is not.

By claim, by function, as (what stands there, what is put in its place).
"""

from tests.claims.broken import Mutant

_BY_CLAIM: dict[str, dict[str, list[tuple[str, str]]]] = {
    "def-3.1": {
        "numeric.matrices:Enclosed.off_diagonal": [(".zero_()", ".mul_(2)")],
    },
    "def-3.2": {
        "criteria:_direct": [("product.diagonal().zero_()", "pass"), ("product.square()", "product.abs()")],
        "criteria:_evaluate": [("return full - diagonal", "return full")],
        "numeric.certify:Certified.sample_contrastive": [("self.gram.off_diagonal()", "self.gram")],
    },
    "prop-3.1": {
        "losses.simclr:simclr": [('"plain"', '"square"'), ("positives_repel=True", "positives_repel=False")],
        "losses.dcl:dcl": [('"plain"', '"absolute"'), ("positives_repel=False", "positives_repel=True")],
        "losses.simclr:contrast": [
            ("-positives.mean() / temperature", "positives.mean() / temperature"),
            ("alignment = -positives.mean()", "alignment = -positives.sum()"),
            ("excluded=(0, views.samples)", "excluded=(0,)"),
            ("torch.cat([a, b])", "torch.cat([a, a])"),
            ("repulsion = negatives.mean()", "repulsion = negatives.sum()"),
            ("repulsion=logits.mean() + excess", "repulsion=logits.mean() - excess"),
            ("- logits, threshold", "+ logits, threshold"),
        ],
        "losses.logsumexp:_Pairs.logits": [
            ("/ self.temperature", "* self.temperature"),
            (".fill_(-torch.inf)", ".fill_(0)"),
            ("offset + shift", "offset - shift - 1"),
        ],
        "losses.logsumexp:_Pairs.slope": [("return 1 / self.temperature", "return self.temperature")],
        "losses.logsumexp:_tiled_gradient": [
            ("weights + weights.T", "weights"),
            ("result[rows] += weights @ x[columns]", "result[rows] -= weights @ x[columns]"),
            ("logits - total[rows, None]", "logits - total[None, rows]"),
        ],
    },
    "prop-3.2-abs": {
        "losses.simclr:simclr_abs": [('"absolute"', '"plain"')],
        "losses.dcl:dcl_abs": [('"absolute"', '"square"')],
        "losses.logsumexp:transformed": [("similarities.abs()", "similarities")],
        "losses.logsumexp:_Pairs.slope": [("similarities.sign()", "similarities")],
        "numeric.intervals:log_sum_exp": [("+ largest", "- largest"), (".exp()", "")],
    },
    "prop-3.2-barlow-twins": {
        "losses.barlow_twins:barlow_twins": [
            ("(1 - views.total", "(views.total"),
            (".square().sum()", ".abs().sum()"),
            ("/ n**2", "/ n"),
            ("invariance + redundancy_weight", "invariance - redundancy_weight"),
            ("(_standardize(z, views) for z", "(z for z"),
        ],
        "losses.barlow_twins:_standardize": [("eps=_EPSILON", "eps=0.1")],
        "losses.barlow_twins:_redundancy": [
            ("cross_dimension_contrastive(a, b, side)", "cross_dimension_contrastive(a, a, side)")
        ],
    },
    "prop-3.2-spectral": {
        "losses.spectral:spectral_contrastive": [
            ("-2 / n", "2 / n"),
            ("n * (n - 1)", "n * n"),
            ("b=_into_ball(views.b, max_norm)", "b=views.b"),
            ("alignment + repulsion, alignment", "alignment - repulsion, alignment"),
        ],
        "losses.spectral:_into_ball": [("clamp(min=radius)", "clamp(max=radius)"), ("dim=1", "dim=0")],
        "losses.spectral:_repulsion": [("(views.a, views.b, side)", "(views.a, views.a, side)")],
    },
    "prop-3.2-sq": {
        "losses.simclr:simclr_sq": [('"square"', '"plain"')],
        "losses.simclr:contrast": [("gap + excess, alignment", "excess, alignment")],
        "losses.dcl:dcl_sq": [('"square"', '"absolute"')],
        "losses.logsumexp:transformed": [("similarities.square()", "similarities")],
        "losses.logsumexp:_Pairs.slope": [("(2 / self.temperature)", "(1 / self.temperature)")],
        "numeric.intervals:squared": [("similarity * similarity", "similarity")],
    },
    "prop-3.2-tcr": {
        "losses.tcr:tcr": [
            ("1 - views.total", "views.total"),
            ("* invariance - coding_rate", "* invariance + coding_rate"),
            ("_coding_rate(b, views", "_coding_rate(a, views"),
            (") / 2\n", ")\n"),
        ],
        "losses.tcr:_coding_rate": [
            ("views.dimensions / (views.samples * distortion)", "1 / (views.samples * distortion)"),
            ("views.samples * distortion", "distortion"),
            ("value / 2", "value"),
            ("identity + scale", "scale"),
        ],
        "losses.tcr:_LogDeterminant.forward": [("2 * factor", "factor"), (".log()", "")],
        "losses.tcr:_LogDeterminant.backward": [("gradient * inverse", "gradient * matrix")],
    },
    "prop-3.2-vicreg": {
        "losses.vicreg:_vicreg": [
            ("[views.center(z) for z", "[z for z"),
            ("(views.samples * views.dimensions)", "views.samples"),
            (".mean(),", ".sum(),"),
            ("covariance(z) for z in centered]).sum()", "covariance(z) for z in centered]).mean()"),
            ("views.a - views.b", "views.a + views.b"),
            ('weights[f"{name}_weight"] * term', "term"),
        ],
        "losses.vicreg:_hinge": [("1 - (variances", "(variances"), (".sqrt()", ""), ("+ _EPSILON", "")],
        "losses.vicreg:_dimension_variances": [("views.samples - 1", "views.samples")],
        "losses.vicreg:_covariance": [
            ("views.samples - 1", "views.samples"),
            ("views.dimensions *", "1 *"),
            ("dimension_contrastive(centered, side)", "sample_contrastive(centered, side)"),
        ],
        "losses.squares:_SquareSums.backward": [("2 * gradient", "gradient")],
    },
    "thm-3.3": {
        "criteria:sample_contrastive": [("off_diagonal=True", "off_diagonal=False")],
        "criteria:dimension_contrastive": [("as_embeddings(z).T", "as_embeddings(z)")],
        "criteria:gram_norm": [("off_diagonal=False", "off_diagonal=True")],
        "criteria:sample_energies": [("dim=1", "dim=0"), (".square()", ".abs()")],
        "criteria:dimension_energies": [("dim=0", "dim=1")],
        "criteria:sample_fourth_powers": [("sample_energies", "dimension_energies"), (".square()", "")],
        "criteria:dimension_fourth_powers": [(".square()", "")],
        "criteria:duality_residual": [("+ sample_fourth_powers(z)", "- sample_fourth_powers(z)")],
        "criteria:_dual": [
            (".square().sum() if", ".sum() if"),
            ("(a * b).sum(dim=1)", "(a * b).sum(dim=0)"),
            ("product_a * product_b", "product_a + product_b"),
        ],
        "criteria:_sum": [("terms.sum(dim=1).sum()", "terms.sum(dim=1).mean()")],
        "criteria:as_embeddings": [("z.float() if", "z if")],
        "numeric.certify:Certified.sample_contrastive": [("- self.sample_fourth_powers", "")],
        "numeric.certify:Certified.dimension_contrastive": [("- self.dimension_fourth_powers", "")],
        "numeric.certify:Certified.gram": [("self.x, self.xt", "self.x, self.x.transposed * 2")],
    },
    "remark-3.3": {
        "normalization:double_normalize": [("2 * torch.where", "1 * torch.where")],
        "normalization:_deviation": [(".max()", ".min()")],
    },
    "lemma-3.4": {
        "numeric.certify:Certified.dimension_energy_vector": [("self.xt, self.xt", "self.x, self.x")],
        "numeric.certify:Certified.dimension_fourth_powers": [(".squared_norm()", ".squared_norm() * 3000")],
    },
    "lemma-3.4-lower": {
        "normalization:standardize_dimensions": [("_unit(z, dim=0)", "z")],
    },
    "lemma-3.4-upper": {
        "numeric.certify:Certified.dimension_fourth_powers": [(".squared_norm()", ".squared_norm() * 3000")],
    },
    "cor-3.4.1": {
        "numeric.certify:Certified.dimension_contrastive": [("self.covariance.off_diagonal()", "self.covariance")],
        "normalization:unit_embeddings": [("dim=1", "dim=0")],
    },
    "eq-8-10": {
        "losses.vicreg:vicreg_contrastive": [
            ("weights = _weights(invariance_weight", "weights = _weights(1 + invariance_weight")
        ],
        "losses.vicreg:_hinge": [("1 - (variances", "2 - (variances")],
        "losses.vicreg:_vicreg": [
            ("covariance(z) for z in centered]).sum()", "covariance(z) for z in centered]).mean()")
        ],
    },
    "eq-11-12": {
        "losses.logsumexp:_PairwiseLogSumExp.forward": [("logits.logsumexp(dim=1)", "logits.exp().sum(dim=1)")],
        "losses.logsumexp:pairwise_logsumexp": [("*(-offset for offset in excluded)", "1")],
        "losses.vicreg:_dimension_variances": [("views.samples - 1", "views.samples")],
        "losses.vicreg:_weights": [('"covariance_weight": covariance', '"covariance_weight": variance')],
    },
    "eq-13": {
        "losses.logsumexp:_Pairs.logits": [("/ self.temperature", "* self.temperature")],
        "losses.vicreg:_vicreg": [("(views.samples * views.dimensions)", "views.dimensions")],
    },
    "eq-14": {
        "normalization:center": [
            ("z - z[:1].detach()", "z"),
            ("shifted - shifted.mean(dim=0)", "shifted"),
            ("shifted.mean(dim=0)", "shifted.mean()"),
        ],
        "normalization:standardize_dimensions": [
            ("(n / max(m, 1))", "(m / n)"),
            ("** 0.5", "** 1"),
            ("dim=0", "dim=1"),
            ("center(z)", "z"),
        ],
        "normalization:_unit": [("scaled / torch.where(norm > 0, norm, 1.0)", "scaled")],
    },
    "table-1": {
        "normalization:center": [
            ("shifted.mean(dim=0)", "shifted.mean(dim=1, keepdim=True)"),
        ],
        "normalization:unit_embeddings": [("dim=1", "dim=0")],
        "normalization:_unit": [("_without_peak(z, dim)", "z")],
        "normalization:_without_peak": [("z.detach().abs().amax", "z.detach().abs().amin")],
        "normalization:double_normalize": [
            ("2 * torch.where", "1 * torch.where"),
            ("log_squares + sample_scale, dim=0", "log_squares + sample_scale, dim=1"),
            ("deviation > tolerance", "deviation < tolerance"),
            ("iteration < max_iterations", "iteration <= max_iterations"),
            (
                "scaled, iteration, deviation, deviation <= tolerance",
                "z, iteration, deviation, deviation <= tolerance",
            ),
            ("deviation, deviation <= tolerance", "deviation, True"),
            ("deviation, deviation <= tolerance", "0.0, True"),
            ("if not nonzero.all():", "if False:"),
        ],
        "normalization:_deviation": [
            ("- 1, squares", ", squares"),
            ("(m / n) - 1", "(n / m) - 1"),
            (".max()", ".min()"),
        ],
        "normalization:_check_scalable": [
            ("if not (used |", "if (used |"),
            ('connection="strong"', 'connection="weak"'),
        ],
    },
    "cross-view": {
        "criteria:cross_gram_norm": [("z_a, z_b, side", "z_a, z_a, side"), ("same_axes=(1,)", "same_axes=(0,)")],
        "criteria:cross_covariance_norm": [
            ("z_b.T, side", "z_a.T, side"),
        ],
        "criteria:cross_sample_contrastive": [("off_diagonal=True", "off_diagonal=False")],
        "criteria:cross_dimension_contrastive": [("z_a.T, z_b.T", "z_a, z_b")],
        "numeric.certify:CertifiedCross.cross_gram_norm": [
            ("self.a.covariance.inner(self.b.covariance)", "self.a.covariance.inner(self.a.covariance)")
        ],
        "numeric.certify:CertifiedCross.cross_covariance_norm": [
            ("self.a.gram.inner(self.b.gram)", "self.b.gram.inner(self.b.gram)")
        ],
        "numeric.matrices:Enclosed.inner": [("self.values * other.values", "self.values * self.values")],
    },
    "dual-conditioning": {
        "criteria:sample_contrastive": [('direct="gram"', 'direct="covariance"')],
        "criteria:cross_covariance_norm": [('direct="covariance"', 'direct="gram"')],
        "criteria:_evaluate_auto": [
            ("direct_cost <= dual_cost", "direct_cost >= dual_cost"),
            ("direct_cost <= dual_cost", "direct_cost < dual_cost"),
            ("kept if well_conditioned else", "kept if not well_conditioned else"),
            ("kept if well_conditioned else _direct(a, b, off_diagonal)", "kept"),
            ("kept if well_conditioned else _direct(a, b, off_diagonal)", "_direct(a, b, off_diagonal)"),
            ("magnitude + diagonal", "magnitude - diagonal"),
            ("WORST_CONDITIONING * kept", "2 * WORST_CONDITIONING * kept"),
            ("_leaves_range(a) or _leaves_range(b)", "_leaves_range(a)"),
            ("a.dtype != torch.float64 and", "False and"),
            ("(3 * p * r, 2 * q * (p + r))", "(2 * p * r, 2 * q * (p + r))"),
            ("(3 * p * r, 2 * q * (p + r))", "(3 * p * r, 3 * q * (p + r))"),
        ],
        "criteria:_dual": [
            ("torch.linalg.norm(product_a) * torch.linalg.norm(product_b)", "full"),
        ],
        "criteria:_leaves_range": [("0 < norm < smallest or", "False or"), ("or norm > largest_norm(x.dtype)", "")],
        "criteria:largest_norm": [("/ 16", "* 16"), ("** 0.25", "** 0.5")],
    },
    "dual-failure": {
        "criteria:_evaluate": [("return full - diagonal", "return _direct(a, b, off_diagonal)")],
        "criteria:_evaluate_auto": [("kept if well_conditioned else _direct(a, b, off_diagonal)", "kept")],
    },
    "gradient-duality": {
        "criteria:_CompiledProduct.backward": [
            ("gradient + gradient.T", "gradient"),
            ("_multiply(gradient, y, like=x)", "_multiply(gradient, x, like=x)"),
            ("_multiply(gradient.T, x, like=y)", "_multiply(gradient, x, like=y)"),
            ("if needs_x else None", "if needs_y else None"),
            ("if needs_y else None", "if needs_x else None"),
        ],
        "criteria:_dual": [("(a * b).sum(dim=1).square().sum()", "(a * b).sum(dim=1).square().sum().detach()")],
        "criteria:_direct": [("_product(a, b)", "_product(a, b.detach())")],
    },
    "rank-bound": {
        "numeric.certify:Certified.energy": [("self.power(2)", "(8 * self.power(2))")],
    },
    "rounding": {
        "numeric.matrices:Enclosed.squared_norm": [("radius * OUTWARD + UNDERFLOW", "0")],
        "numeric.matrices:product": [("left @ right", "left @ right * (1 + 1e-12)")],
        "numeric.certify:Certified.sample_contrastive": [
            ("- self.sample_fourth_powers", "- self.dimension_fourth_powers")
        ],
    },
    "spectral-duality": {
        "numeric.exact:gram": [("dot(x, y)", "dot(x, y) ** 2")],
    },
    "streaming": {
        "numeric.streaming:Moments.of": [
            ("k.shape[0]", "k.shape[1]"),
            ("k.sample_fourth_powers", "k.dimension_fourth_powers"),
        ],
        "numeric.streaming:Moments.__add__": [
            ("self.samples + other.samples", "other.samples"),
            ("self._covariance_at(exponent) + other._covariance_at(exponent)", "other._covariance_at(exponent)"),
            ("self.energy + other.energy", "self.energy"),
            ("self.sample_fourth_powers + other.sample_fourth_powers", "other.sample_fourth_powers"),
        ],
        "numeric.streaming:Moments.gram_norm": [("* self._scale", "")],
        "numeric.streaming:Moments.dimension_fourth_powers": [(".diagonal()", "")],
        "numeric.streaming:Moments.sample_contrastive": [
            ("- self.sample_fourth_powers", "- self.dimension_fourth_powers")
        ],
        "numeric.streaming:Moments.dimension_contrastive": [(".off_diagonal()", "")],
        "numeric.streaming:Moments._covariance_at": [("4.0 **", "2.0 **")],
        "numeric.streaming:accumulate": [("total + seen if total else seen", "seen")],
    },
    "sylvester": {
        "numeric.exact:determinant": [("result *= rows[k][k]", "result += rows[k][k]")],
    },
    "small-size": {
        "numeric.exact:sample_fourth_powers": [("energy**2 for", "energy for")],
    },
}

MUTANTS = {
    claim: [Mutant(function, *change) for function, changes in by_function.items() for change in changes]
    for claim, by_function in _BY_CLAIM.items()
}
