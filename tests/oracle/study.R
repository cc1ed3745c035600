# The study's four steps in base R, with psych for kappa: the answers that the package must agree with.
# Rscript study.R areas.csv  prints  name,value  with 17 significant digits.
# areas.csv: imd_rank, referrals, finished_treatment, recovery_rate; one row an area that is analysed.
areas <- read.csv(commandArgs(TRUE)[1])
out <- function(name, value) cat(sprintf("%s,%.17g\n", name, as.numeric(value)))

spearman <- function(name, x, y) {
  test <- suppressWarnings(cor.test(x, y, method = "spearman", exact = FALSE))
  out(paste0(name, ".rho"), test$estimate)
  out(paste0(name, ".p"), test$p.value)
}
fences <- quantile(areas$recovery_rate, c(.25, .75)) + c(-3, 3) * IQR(areas$recovery_rate)
areas$outlier <- as.numeric(areas$recovery_rate < fences[1] | areas$recovery_rate > fences[2])
out("lower_fence", fences[1])
out("upper_fence", fences[2])
spearman("referrals", areas$imd_rank, areas$referrals)
spearman("finished_treatment", areas$imd_rank, areas$finished_treatment)
spearman("recovery_rate", areas$imd_rank, areas$recovery_rate)
plain <- areas$outlier == 0
spearman("recovery_rate_trimmed", areas$imd_rank[plain], areas$recovery_rate[plain])

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
final <- lm(recovery_rate ~ imd_rank, data = areas, weights = finished_treatment)
if (any(areas$outlier == 1)) {
  initial <- lm(recovery_rate ~ imd_rank + outlier, data = areas, weights = finished_treatment)
  model("initial", initial)
  if (summary(initial)$coefficients["outlier", 4] < 0.05) final <- initial
}
model("final", final)

expected <- suppressWarnings(
  predict(final, transform(areas, outlier = 0), interval = "confidence", weights = areas$finished_treatment))
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
}
b <- table2[1, 2]
c <- table2[2, 1]
out("mcnemar_p", if (b + c > 0) binom.test(b, b + c)$p.value else 1)
level_only <- if ("outlier" %in% names(coef(final))) recovery_rate ~ outlier else recovery_rate ~ 1
mean_low <- confint(lm(level_only, data = areas, weights = finished_treatment))[1, 1]
out("below_mean", sum(areas$recovery_rate < mean_low))
