# The change of the gradient with CR2 errors by clubSandwich: the answers that the package must agree with.
# Rscript cluster_robust.R areas.csv  prints  name,value  with 17 significant digits.
# areas.csv: rate, weight, wave, place, years, area; one row an area in a period.
suppressMessages(library(clubSandwich))
areas <- read.csv(commandArgs(TRUE)[1])
out <- function(name, value) cat(sprintf("%s,%.17g\n", name, as.numeric(value)))
fit <- lm(rate ~ 0 + factor(wave) + place + place:years, data = areas, weights = weight)
test <- coef_test(fit, vcov = "CR2", cluster = areas$area, test = "Satterthwaite")
last <- nrow(test)
out("per_year", test$beta[last])
out("se", test$SE[last])
out("df", test$df_Satt[last])
out("p", test$p_Satt[last])
limits <- conf_int(fit, vcov = "CR2", cluster = areas$area, level = 0.95)
out("ci_low", limits$CI_L[last])
out("ci_high", limits$CI_U[last])
