FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /srv/cwms --shell /usr/sbin/nologin cwms \
    && install -d -o cwms -g cwms /var/lib/cwms

WORKDIR /srv/cwms
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY --chown=cwms:cwms . .

USER cwms
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CWMS_VAR=/srv/cwms/var
# What the image needs of translations and static files is made here, without a database and with a key for this step.
RUN export DATABASE_URL=postgresql://none@/none CWMS_SECRET_KEY=build \
    && python manage.py compile_translations \
    && python manage.py collectstatic --no-input --verbosity 0

EXPOSE 8000
CMD ["gunicorn", "--config", "python:cwms.web", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "2", "--worker-tmp-dir", "/dev/shm", "cwms.wsgi:application"]
