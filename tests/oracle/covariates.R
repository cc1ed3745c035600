# The gradient with deprivation rank alone and beside covariates: the answers that the package must agree with.
# Rscript covariates.R areas.csv  prints  name,value  with 17 significant digits.
# areas.csv: rate, cases, weight, imd_rank, share, staff, kept; one row an area.
suppressPackageStartupMessages(library(metafor))
areas <- read.csv(commandArgs(TRUE)[1])
out <- function(name, value) cat(sprintf("%s,%.17g\n", name, as.numeric(value)))
fine <- list(threshold = 1e-14, maxiter = 10000, tol = 1e-14)
used <- areas[areas$kept == 1, ]
span <- diff(range(areas$imd_rank))
steps <- c(share = 0.1, staff = sd(used$staff))
places <- c(1, 5, nrow(areas))

line <- function(name, estimate, low, high, p, r2) {
  out(paste0(name, ".gradient"), span * estimate)
  out(paste0(name, ".ci_low"), span * low)
  out(paste0(name, ".ci_high"), span * high)
  out(paste0(name, ".p"), p)
  out(paste0(name, ".r_squared"), r2)
}
effect <- function(name, step, estimate, low, high, p) {
  out(paste0(name, ".estimate"), step * estimate)
  out(paste0(name, ".ci_low"), step * low)
  out(paste0(name, ".ci_high"), step * high)
  out(paste0(name, ".p"), p)
}

formulae <- list(before = ~imd_rank, after = ~ imd_rank + share + staff)
fits <- lapply(formulae, function(f) lm(update(f, rate ~ .), data = used, weights = weight))
lows <- list()
for (which in names(fits)) {
  fit <- fits[[which]]
  ci <- confint(fit)
  line(paste0("weighted.", which), coef(fit)["imd_rank"], ci["imd_rank", 1], ci["imd_rank", 2],
       coef(summary(fit))["imd_rank", 4], summary(fit)$r.squared)
  lows[[which]] <- predict(fit, areas, interval = "confidence")
}
for (term in names(steps)) {
  ci <- confint(fits$after)
  effect(paste0("weighted.", term), steps[term], coef(fits$after)[term], ci[term, 1], ci[term, 2],
         coef(summary(fits$after))[term, 4])
}
out("weighted.joint_p", anova(fits$before, fits$after)$`Pr(>F)`[2])
below <- lapply(lows, function(l) areas$rate < pmax(l[, "lwr"], 0))
out("weighted.below.both", sum(below$before & below$after))
out("weighted.below.first_only", sum(below$before & !below$after))
out("weighted.below.second_only", sum(!below$before & below$after))
for (i in places) {
  out(sprintf("weighted.expected.%d", i), lows$after[i, "fit"])
  out(sprintf("weighted.low.%d", i), lows$after[i, "lwr"])
  out(sprintf("weighted.high.%d", i), lows$after[i, "upr"])
}

lows <- list()
for (which in names(formulae)) {
  # The variance of chance is about the line that is weighted by cases.
  ols <- lm(update(formulae[[which]], rate ~ .), data = used, weights = cases)
  p <- pmin(pmax(fitted(ols), 0.01), 0.99)
  fit <- rma(used$rate, p * (1 - p) / used$cases, mods = formulae[[which]], data = used, method = "REML",
             test = "knha", control = fine)
  label <- paste0("random_effects.", which)
  line(label, coef(fit)["imd_rank"], fit$ci.lb[2], fit$ci.ub[2], fit$pval[2], fit$R2 / 100)
  out(paste0(label, ".tau2"), fit$tau2)
  at <- as.matrix(areas[, all.vars(formulae[[which]]), drop = FALSE])
  lows[[which]] <- as.data.frame(predict(fit, newmods = at))
}
for (term in names(steps)) {
  i <- match(term, names(coef(fit)))
  effect(paste0("random_effects.", term), steps[term], coef(fit)[i], fit$ci.lb[i], fit$ci.ub[i], fit$pval[i])
}
together <- rma(used$rate, p * (1 - p) / used$cases, mods = formulae$after, data = used, method = "REML",
                test = "knha", control = fine, btt = 3:4)
out("random_effects.joint_p", together$QMp)
below <- lapply(lows, function(l) areas$rate < pmax(l$ci.lb, 0))
out("random_effects.below.both", sum(below$before & below$after))
out("random_effects.below.first_only", sum(below$before & !below$after))
out("random_effects.below.second_only", sum(!below$before & below$after))
for (i in places) {
  out(sprintf("random_effects.expected.%d", i), lows$after$pred[i])
  out(sprintf("random_effects.low.%d", i), lows$after$ci.lb[i])
  out(sprintf("random_effects.high.%d", i), lows$after$ci.ub[i])
}
