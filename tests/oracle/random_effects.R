# Random-effects regression of areas by metafor: the answers that the package must agree with.
# Rscript random_effects.R areas.csv  prints  name,value  with 17 significant digits.
# areas.csv: rate, cases, imd_rank, share; one row an area.
suppressPackageStartupMessages(library(metafor))
areas <- read.csv(commandArgs(TRUE)[1])
out <- function(name, value) cat(sprintf("%s,%.17g\n", name, as.numeric(value)))
fine <- list(threshold = 1e-14, maxiter = 10000, tol = 1e-14)

study <- function(name, formula, method) {
  line <- lm(update(formula, rate ~ .), data = areas, weights = cases)
  p <- pmin(pmax(fitted(line), 0.01), 0.99)
  v <- p * (1 - p) / areas$cases
  fit <- rma(areas$rate, v, mods = formula, data = areas, method = method, test = "knha", control = fine)
  for (i in seq_along(coef(fit))) {
    label <- paste(name, c("Intercept", all.vars(formula))[i], sep = ".")
    out(paste0(label, ".estimate"), coef(fit)[i])
    out(paste0(label, ".se"), fit$se[i])
    out(paste0(label, ".p"), fit$pval[i])
    out(paste0(label, ".ci_low"), fit$ci.lb[i])
    out(paste0(label, ".ci_high"), fit$ci.ub[i])
  }
  out(paste0(name, ".tau2"), fit$tau2)
  out(paste0(name, ".i2"), fit$I2 / 100)
  out(paste0(name, ".q"), fit$QE)
  out(paste0(name, ".q_p"), fit$QEp)
  if (length(coef(fit)) > 1) {
    out(paste0(name, ".f"), fit$QM)
    out(paste0(name, ".model_p"), fit$QMp)
  }
  # Of a mean alone, one value stands for all areas.
  at <- lapply(unclass(predict(fit))[c("pred", "ci.lb", "ci.ub", "pi.lb", "pi.ub")], rep_len, nrow(areas))
  for (i in c(1, 5, nrow(areas))) {
    out(sprintf("%s.expected.%d", name, i), at$pred[i])
    out(sprintf("%s.expected_low.%d", name, i), at$ci.lb[i])
    out(sprintf("%s.expected_high.%d", name, i), at$ci.ub[i])
    out(sprintf("%s.prediction_low.%d", name, i), at$pi.lb[i])
    out(sprintf("%s.prediction_high.%d", name, i), at$pi.ub[i])
  }
  if (name == "reml") {
    away <- rstudent(fit)
    for (i in c(1, 5, nrow(areas))) {
      out(sprintf("studentised.%d", i), away$z[i])
      out(sprintf("studentised_residual.%d", i), away$resid[i])
    }
  }
}
study("reml", ~imd_rank, "REML")
study("paule_mandel", ~imd_rank, "PM")
study("covariate", ~ imd_rank + share, "REML")
study("mean", ~1, "REML")
