# The study's four steps in base R, with psych for kappa: the answers that the package must agree with.
# Rscript study.R areas.csv  prints  name,value  with 17 significant digits.
# areas.csv: imd_rank, imd_score, referrals, finished_treatment, at_caseness, recovered, recovery_rate; one row an area that is
# analysed. Beyond base R: psych (kappa), sandwich (HC3), numDeriv (the beta-binomial's covariance).
areas <- read.csv(commandArgs(TRUE)[1])
out <- function(name, value) cat(sprintf("%s,%.17g\n", name, as.numeric(value)))

spearman <- function(name, x, y) {
  test <- suppressWarnings(cor.test(x, y, method = "spearman", exact = FALSE))
  out(paste0(name, ".rho"), test$estimate)
  out(paste0(name, ".p"), test$p.value)
  kendall <- suppressWarnings(cor.test(x, y, method = "kendall", exact = FALSE))
  out(paste0(name, ".tau"), kendall$estimate)
  out(paste0(name, ".tau_p"), kendall$p.value)
  # Bonett and Wright's limits.
  rho <- unname(test$estimate)
  ends <- if (abs(rho) < 1) tanh(atanh(rho) + c(-1, 1) * qnorm(.975) * sqrt((1 + rho^2 / 2) / (length(x) - 3))) else rep(rho, 2)
  out(paste0(name, ".ci_low"), ends[1])
  out(paste0(name, ".ci_high"), ends[2])
  test$p.value
}
fences <- quantile(areas$recovery_rate, c(.25, .75)) + c(-3, 3) * IQR(areas$recovery_rate)
areas$outlier <- as.numeric(areas$recovery_rate < fences[1] | areas$recovery_rate > fences[2])
out("lower_fence", fences[1])
out("upper_fence", fences[2])
plain <- areas$outlier == 0
family <- c(
  referrals = spearman("referrals", areas$imd_rank, areas$referrals),
  finished_treatment = spearman("finished_treatment", areas$imd_rank, areas$finished_treatment),
  recovery_rate = spearman("recovery_rate", areas$imd_rank, areas$recovery_rate)
)
invisible(spearman("recovery_rate_trimmed", areas$imd_rank[plain], areas$recovery_rate[plain]))
holm <- p.adjust(family, "holm")
for (name in names(holm)) out(paste0(name, ".p_holm"), holm[[name]])

model <- function(name, fit) {
  s <- summary(fit)
  ci <- confint(fit)
  terms <- rownames(s$coefficients)
  for (term in terms) {
    label <- paste(name, sub("(Intercept)", "Intercept", term, fixed = TRUE), sep = ".")
    for (i in 1:4) out(paste(label, c("estimate", "se", "t", "p")[i], sep = "."), s$coefficients[term, i])
    out(paste0(label, ".ci_low"), ci[term, 1])
    out(paste0(label, ".ci_high"), ci[term, 2])
  }
  out(paste0(name, ".r_squared"), s$r.squared)
  out(paste0(name, ".adj_r_squared"), s$adj.r.squared)
  out(paste0(name, ".sigma"), s$sigma)
  out(paste0(name, ".f"), s$fstatistic[1])
  out(paste0(name, ".p"), pf(s$fstatistic[1], s$fstatistic[2], s$fstatistic[3], lower.tail = FALSE))
}
kept <- rep(TRUE, nrow(areas))
final <- lm(recovery_rate ~ imd_rank, data = areas, weights = finished_treatment)
if (any(areas$outlier == 1)) {
  initial <- lm(recovery_rate ~ imd_rank + outlier, data = areas, weights = finished_treatment)
  model("initial", initial)
  # Each outlier has an indicator of its own then: the line is that of the others.
  if (summary(initial)$coefficients["outlier", 4] < 0.05) {
    kept <- plain
    final <- lm(recovery_rate ~ imd_rank, data = areas[kept, ], weights = finished_treatment)
    areas$which <- factor(ifelse(kept, "", seq_len(nrow(areas))))
    each <- coef(summary(lm(recovery_rate ~ imd_rank + which, data = areas, weights = finished_treatment)))
    own <- each[-(1:2), , drop = FALSE]
    out("indicators.estimate", sum(own[, 1]))
    out("indicators.se", sum(own[, 2]))
  }
}
model("final", final)

expected <- suppressWarnings(predict(final, areas, interval = "confidence", weights = areas$finished_treatment))
out("adjusted.mean", mean(expected[, "fit"]))
out("adjusted.sd", sd(expected[, "fit"]))
out("adjusted.min", min(expected[, "fit"]))
out("adjusted.max", max(expected[, "fit"]))
out("low.sum", sum(expected[, "lwr"]))
out("high.sum", sum(expected[, "upr"]))

national <- areas$recovery_rate < 0.5
adjusted <- areas$recovery_rate < expected[, "lwr"]
out("both", sum(national & adjusted))
out("national_only", sum(national & !adjusted))
out("adjusted_only", sum(!national & adjusted))
out("neither", sum(!national & !adjusted))
two <- function(x) factor(x, c(TRUE, FALSE))
table2 <- table(two(national), two(adjusted))
if (all(rowSums(table2) > 0) && all(colSums(table2) > 0)) {
  test <- suppressWarnings(chisq.test(table2, correct = FALSE))
  out("chi2", test$statistic)
  out("chi2.p", test$p.value)
  k <- psych::cohen.kappa(table2)
  out("kappa", k$kappa)
  out("kappa_se", sqrt(k$var.kappa))
  out("phi", sqrt(test$statistic / sum(table2)) * sign(det(matrix(table2, 2)) + 1e-9))
}
out("positive", 2 * table2[1, 1] / (2 * table2[1, 1] + table2[1, 2] + table2[2, 1]))
out("negative", 2 * table2[2, 2] / (2 * table2[2, 2] + table2[1, 2] + table2[2, 1]))
out("pabak", 2 * sum(diag(table2)) / sum(table2) - 1)
b <- table2[1, 2]
c <- table2[2, 1]
out("mcnemar_p", if (b + c > 0) binom.test(b, b + c)$p.value else 1)
mean_low <- confint(lm(recovery_rate ~ 1, data = areas[kept, ], weights = finished_treatment))[1, 1]
out("below_mean", sum(areas$recovery_rate < mean_low))

# The examination of the final model.
r <- residuals(final, "pearson")
own <- areas[kept, ]
out("breusch_pagan", nrow(own) * summary(lm(r^2 ~ own$imd_rank + own$at_caseness))$r.squared)
own$m <- (fitted(final) - mean(fitted(final))) / sd(fitted(final))
wider <- update(final, . ~ . + I(m^2) + I(m^3), data = own)
test <- anova(final, wider)
out("reset", test$F[2])
out("reset.p", test$`Pr(>F)`[2])
out("leverage.max", max(hatvalues(final)))
if (max(hatvalues(final)) < 1 - 1e-9) {
  out("hc3.se", sqrt(diag(sandwich::vcovHC(final, type = "HC3")))["imd_rank"])
  out("cooks.max", max(cooks.distance(final)))
}

# Benchmarks.
fit <- expected[, "fit"]
cases <- areas$at_caseness
z95 <- qnorm(0.975)
se <- sqrt(fit * (1 - fit) / cases)
out("below.wilson", sum(areas$recovery_rate < fit - z95 * se - 1e-9))
new <- predict(final, areas, interval = "prediction", weights = areas$finished_treatment)
out("below.prediction", sum(areas$recovery_rate < new[, "lwr"] - 1e-9))
# The mean square of scores whose outer tenths are winsorised, 1 on average where they are standard normal.
chance_alone <- integrate(function(x) pmin(pmax(x, qnorm(.1)), qnorm(.9))^2 * dnorm(x), -Inf, Inf, rel.tol = 1e-13)$value
mean_square <- function(u, terms) {
  ends <- quantile(u, c(.1, .9))
  u <- pmin(pmax(u, ends[1]), ends[2])
  (mean(u)^2 + mean((u - mean(u))^2) / chance_alone) * length(u) / (length(u) - terms)
}
funnel <- function(name, target, terms) {
  s <- sqrt(target * (1 - target) / cases)
  away <- areas$recovery_rate - target
  z <- away / s
  phi <- mean_square(z, terms)
  more <- function(tau2) mean_square(away / sqrt(s^2 + tau2), terms) - 1
  tau2 <- if (phi > 1) uniroot(more, c(0, 100 * max(away^2)), tol = 1e-17, maxiter = 10000)$root else 0
  out(paste0(name, ".phi"), phi)
  out(paste0(name, ".tau2"), tau2)
  out(paste0(name, ".beyond998"), sum(abs(z) > qnorm(0.999)))
  out(paste0(name, ".beyond998.additive"), sum(abs(areas$recovery_rate - target) / sqrt(s^2 + tau2) > qnorm(0.999)))
  tau2
}
invisible(funnel("national", rep(0.5, nrow(areas)), 0))
tau2 <- funnel("expected", fit, 2)
out("below.overdispersion", sum(areas$recovery_rate < fit - z95 * sqrt(se^2 + tau2) - 1e-9))

# Specifications: the gradient from the most to the least deprived area.
from01 <- function(x) (x - min(x)) / (max(x) - min(x))
areas$x <- from01(areas$imd_rank)
linear <- function(name, formula, weights, rows = rep(TRUE, nrow(areas))) {
  areas$w <- weights
  fit <- lm(formula, data = areas[rows, ], weights = w)
  last <- length(coef(fit))
  out(paste0(name, ".gradient"), coef(fit)[last])
  out(paste0(name, ".ci_low"), confint(fit)[last, 1])
  out(paste0(name, ".p"), summary(fit)$coefficients[last, 4])
  low <- suppressWarnings(predict(fit, areas, interval = "confidence"))[, "lwr"]
  out(paste0(name, ".below"), sum(areas$recovery_rate < low - 1e-9))
}
linear("weighted", recovery_rate ~ x, areas$finished_treatment)
linear("unweighted", recovery_rate ~ x, rep(1, nrow(areas)))
if (any(!plain)) {
  linear("weighted_trimmed", recovery_rate ~ x, areas$finished_treatment, plain)
  linear("unweighted_trimmed", recovery_rate ~ x, rep(1, nrow(areas)), plain)
}
if (!any(is.na(areas$imd_score))) {
  areas$s <- from01(-areas$imd_score)
  linear("score", recovery_rate ~ s, areas$finished_treatment)
}
ends <- cbind(1, c(0, 1))
logistic <- function(name, beta, covariance, reach) {
  p <- plogis(ends %*% beta)
  d <- p[2] * (1 - p[2]) * ends[2, ] - p[1] * (1 - p[1]) * ends[1, ]
  out(paste0(name, ".gradient"), p[2] - p[1])
  out(paste0(name, ".ci_low"), p[2] - p[1] - reach * sqrt(t(d) %*% covariance %*% d))
  design <- cbind(1, areas$x)
  low <- plogis(design %*% beta - reach * sqrt(rowSums((design %*% covariance) * design)))
  out(paste0(name, ".below"), sum(areas$recovery_rate < low - 1e-9))
}
quasi <- glm(recovery_rate ~ x, quasibinomial, areas, weights = at_caseness, control = list(epsilon = 1e-14, maxit = 100))
out("quasibinomial.dispersion", summary(quasi)$dispersion)
out("quasibinomial.p", summary(quasi)$coefficients[2, 4])
logistic("quasibinomial", coef(quasi), vcov(quasi), qt(0.975, quasi$df.residual))
k <- areas$recovered
minus <- function(b) {
  mu <- plogis(b[1] + b[2] * areas$x)
  s <- exp(b[3])
  -sum(lbeta(k + mu * s, cases - k + (1 - mu) * s) - lbeta(mu * s, (1 - mu) * s))
}
score <- function(b) {
  mu <- plogis(b[1] + b[2] * areas$x)
  s <- exp(b[3])
  da <- digamma(k + mu * s) - digamma(mu * s)
  db <- digamma(cases - k + (1 - mu) * s) - digamma((1 - mu) * s)
  eta <- s * (da - db) * mu * (1 - mu)
  total <- s * (mu * da + (1 - mu) * db + digamma(s) - digamma(cases + s))
  c(sum(eta), sum(eta * areas$x), sum(total))
}
best <- nlminb(c(coef(quasi), 4), minus, function(b) -score(b), control = list(eval.max = 2000, iter.max = 1000))
# Less correlation than this is none, and its logarithm has no maximum.
if (1 / (1 + exp(best$par[3])) > 1e-5) {
  for (i in 1:6) best$par <- best$par - solve(numDeriv::jacobian(score, best$par), score(best$par))
  covariance <- solve(-numDeriv::jacobian(score, best$par))[1:2, 1:2]
  out("betabinomial.dispersion", 1 / (1 + exp(best$par[3])))
  logistic("betabinomial", best$par[1:2], covariance, z95)
}
