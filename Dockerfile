# The image of every process of ours: docker compose starts it as worker, beat, flower and migrate.
# PostgreSQL and Valkey are servers of their own here, so their wheels are left out.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/avouch
WORKDIR /src
# What changes seldom comes first: a change of our code doesn't install the libraries again.
COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN mkdir config integrations migrations worker \
    && touch config/__init__.py integrations/__init__.py migrations/__init__.py worker/__init__.py \
    && /opt/avouch/bin/pip install --constraint constraints.txt .
COPY config config
COPY integrations integrations
COPY migrations migrations
COPY worker worker
RUN /opt/avouch/bin/pip install --constraint constraints.txt --no-deps --force-reinstall .

FROM python:3.13-slim
RUN groupadd --system --gid 10001 avouch \
    && useradd --system --uid 10001 --gid avouch --no-create-home --home-dir /var/lib/avouch \
        --shell /usr/sbin/nologin avouch \
    && install --directory --owner avouch --group avouch /var/lib/avouch
COPY --from=build /opt/avouch /opt/avouch
ENV PATH=/opt/avouch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AVOUCH_HOME=/var/lib/avouch \
    AVOUCH_CONFIG=/etc/avouch/avouch.toml \
    AVOUCH_LOG=json
USER 10001:10001
WORKDIR /var/lib/avouch
# For the worker, which is what the image runs by default; the compose file has one for each process.
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s --retries=3 \
    CMD celery --app worker.celery inspect ping --destination "celery@$HOSTNAME" --timeout 5 || exit 1
ENTRYPOINT ["avouch"]
CMD ["worker"]
