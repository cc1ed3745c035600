# The reports, from nothing but Python and make:
#   docker build --tag iapt-report .
#   docker run --name reports iapt-report
#   docker cp reports:/iapt-report/_site .
FROM debian:trixie-slim AS machine
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates make python3 python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home reporter

FROM machine AS report
COPY --chown=reporter . /iapt-report
USER reporter
WORKDIR /iapt-report
# The environment is part of the image, so that the reports need no network.
RUN make .venv/.report
CMD ["make", "report"]
