# One image for every process of an installation with its own PostgreSQL: `prepare` once, then any number of nodes.
FROM python:3.13-slim AS packages
COPY requirements/base.txt /requirements.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r /requirements.txt

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /var/lib/imsite imsite
COPY --from=packages /venv /venv
COPY . /srv/imsite
WORKDIR /srv/imsite
# The packages are already there: no virtual environment is made at the start.
ENV PATH=/venv/bin:$PATH IM_VENV=none IM_HOST=0.0.0.0 IM_DATA_DIR=/var/lib/imsite PYTHONDONTWRITEBYTECODE=1
USER imsite
VOLUME /var/lib/imsite
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "manage.py", "node"]
