# The change of the gradient with CR2 errors by clubSandwich: the answers that the package must agree with.
# Rscript cluster_robust.R areas.csv  prints  name,value  with 17 significant digits.
# areas.csv: rate, cases, weight, wave, place, years, area; one row an area in a period.
suppressMessages(library(clubSandwich))
areas <- read.csv(commandArgs(TRUE)[1])
out <- function(name, value) cat(sprintf("%s,%.17g\n", name, as.numeric(value)))
study <- function(name, weights, inverse_var) {
  areas$w <- weights
  fit <- lm(rate ~ 0 + factor(wave) + place + place:years, data = areas, weights = w)
  covariance <- vcovCR(fit, cluster = areas$area, type = "CR2", inverse_var = inverse_var)
  test <- coef_test(fit, vcov = covariance, test = "Satterthwaite")
  limits <- conf_int(fit, vcov = covariance, level = 0.95)
  last <- nrow(test)
  out(paste0(name, ".per_year"), test$beta[last])
  out(paste0(name, ".se"), test$SE[last])
  out(paste0(name, ".df"), test$df_Satt[last])
  out(paste0(name, ".p"), test$p_Satt[last])
  out(paste0(name, ".ci_low"), limits$CI_L[last])
  out(paste0(name, ".ci_high"), limits$CI_U[last])
}
study("cases", areas$weight, FALSE)
study("variances", 1 / (0.03^2 + 0.25 / areas$cases), TRUE)
