# Models of patients in groups, by glm, sandwich::vcovCL and lme4::glmer: the answers that the package must agree with.
# Rscript patient_models.R cells.csv  prints  name,value  with 17 significant digits.
# cells.csv: area, decile, gender, severity, cases, reached; one row a group of patients.
suppressMessages({ library(sandwich); library(lme4) })
cells <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
out <- function(name, value) cat(sprintf("%s,%.17g\n", name, as.numeric(value)))
model <- function(name, formula) {
  fit <- glm(formula, family = binomial, data = cells, control = glm.control(epsilon = 1e-14, maxit = 100))
  covariance <- vcovCL(fit, cluster = cells$area)
  for (i in seq_along(coef(fit))) {
    out(sprintf("%s.beta.%d", name, i), coef(fit)[i])
    out(sprintf("%s.plain_se.%d", name, i), sqrt(vcov(fit)[i, i]))
    out(sprintf("%s.se.%d", name, i), sqrt(covariance[i, i]))
  }
  at <- function(decile, beta = coef(fit)) {
    moved <- cells
    moved$decile <- decile
    x <- model.matrix(delete.response(terms(fit)), moved, xlev = fit$xlevels)
    sum(cells$cases * plogis(as.vector(x %*% beta))) / sum(cells$cases)
  }
  gap <- function(beta) at(10, beta) - at(1, beta)
  slope <- numDeriv::grad(gap, coef(fit))
  out(paste0(name, ".gap"), gap(coef(fit)))
  out(paste0(name, ".gap_se"), sqrt(as.numeric(slope %*% covariance %*% slope)))
  chance <- fitted(fit)
  one <- rep(c(chance, chance), c(cells$reached, cells$cases - cells$reached))
  reached <- rep(c(1, 0), c(sum(cells$reached), sum(cells$cases - cells$reached)))
  ranks <- rank(one)
  yes <- sum(reached)
  out(paste0(name, ".c"), (sum(ranks[reached == 1]) - yes * (yes + 1) / 2) / (yes * (length(reached) - yes)))
  expected <- tapply(cells$cases * chance, cells$area, sum)
  for (area in names(expected)) out(sprintf("%s.expected.%s", name, area), expected[[area]])
}
model("deprivation", cbind(reached, cases - reached) ~ decile)
model("patients", cbind(reached, cases - reached) ~ decile + gender + severity)
for (nodes in c(5, 15)) {
  fit <- glmer(
    cbind(reached, cases - reached) ~ decile + gender + severity + (1 | area), family = binomial, data = cells,
    nAGQ = nodes, control = glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 2e5, rhoend = 1e-9))
  )
  name <- sprintf("random%d", nodes)
  for (i in seq_along(fixef(fit))) {
    out(sprintf("%s.beta.%d", name, i), fixef(fit)[i])
    out(sprintf("%s.se.%d", name, i), sqrt(vcov(fit)[i, i]))
  }
  out(paste0(name, ".sd"), attr(VarCorr(fit)$area, "stddev"))
}
