"""Settings shared by every way to run imsite. What differs per installation comes from `imsite.env`."""

from typing import Any

from apps.metrics import REGISTRY
from imsite.env import ROOT, read_environment
from imsite.mailing import TIMEOUT_S
from imsite.settings.admin import UNFOLD  # noqa: F401 - a setting
from imsite.settings.layers import channel_layer

env = read_environment()

if not env.metrics:
    REGISTRY.silence()  # before any app is imported, because they declare what they measure as they are

SECRET_KEY = env.secret_key
DEBUG = False
ALLOWED_HOSTS = env.allowed_hosts
CSRF_TRUSTED_ORIGINS = [origin for origin in env.allowed_origins if "://" in origin]
IM_ALLOWED_ORIGINS = env.allowed_origins
IM_DATA_DIR = env.data_dir
IM_HTTP_PORT = env.http_port
IM_WS_PORT = env.ws_port
IM_PUBLIC_WS_URL = env.public_ws_url

INSTALLED_APPS = [
    "imsite",  # first: its runserver, which is daphne's, comes before Django's; daphne itself is loaded where it serves
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "mptt",
    "oauth2_provider",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.common",
    "apps.cluster",
    "apps.events",
    "apps.audit",
    "apps.jobs",
    "apps.access",
    "apps.tenants",
    "apps.accounts",
    "apps.orgs",
    "apps.identity",
    "apps.conversations",
    "apps.messaging",
    "apps.gateway",
    "apps.webclient",
]

if env.layer == "postgres":
    INSTALLED_APPS.append("channels_postgres")  # its tables

MIDDLEWARE = [
    "imsite.health.HealthMiddleware",
    "imsite.operating.metrics.MetricsMiddleware",
    "apps.audit.middleware.OriginMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "imsite.staticfiles.StaticFilesMiddleware",
    "apps.tenants.middleware.BindingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.pages.noticing.BrowserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.webclient.middleware.ContentSecurityPolicyMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # it does not start without
]

ROOT_URLCONF = "imsite.urls"
ASGI_APPLICATION = "imsite.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database. Requests borrow connections from psycopg's pool: under ASGI every request runs in a thread of its own, where
# a persistent connection would never be used twice. `max_size` bounds what REST and admin take of max_connections.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "apps.common.wall",
        "HOST": env.database.host,
        "PORT": env.database.port,
        "USER": env.database.user,
        "PASSWORD": env.database.password,
        "NAME": env.database.name,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {**env.database.options, "pool": {"min_size": 1, "max_size": 12, "timeout": 10}},
        "TEST": {"NAME": env.test_database},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if env.layer == "postgres":  # its layer leaves groups over a connection of this name
    DATABASES["channels_postgres"] = {**DATABASES["default"], "TEST": {"MIRROR": "default"}}

# The channel layer, chosen by IM_LAYER. The cluster's serves one node as well as many.
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {"default": channel_layer(env, DATABASES["default"])}

# This node's place in its cluster; see docs/cluster.md.
IM_CLUSTER: dict[str, Any] = {
    "folder": env.cluster_dir,
    "keys": env.cluster_keys,
    "name": env.node_name,
    "host": env.cluster_host,
    "port": env.cluster_port,
    "advertise": env.cluster_advertise,
    "join": env.cluster_join,
    "expect": env.cluster_expect,
    "cluster_id": env.cluster_id,
    "data_port": env.cluster_data_port,
    "public_url": env.public_ws_url,
    "weight": env.node_weight,
}
# What this process does; empty: everything. The node command gives each of several processes its part.
IM_NODE_ROLES = env.node_roles
# Whether nodes with the role do periodic jobs, and other values for `apps.jobs.runner.Tempo`.
IM_JOBS: dict[str, Any] = {"on": env.jobs, "tempo": {}}
IM_METRICS_TOKEN = env.metrics_token
IM_METRICS: dict[str, Any] = {
    "on": env.metrics,
    "otlp": env.metrics_otlp,
    "statsd": env.metrics_statsd,
    "push_s": env.metrics_push_s,
}

# Accounts.
AUTH_USER_MODEL = "accounts.User"
# Asks those who know passwords elsewhere, counts failures, and takes the same time for every name.
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.TenantBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("login", "username", "display_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Mail: links that reset passwords. Without a server of the installation there are none, and the page says so.
IM_EMAIL_SITE = env.mail.site if env.mail else ""
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if env.mail else 'console'}.EmailBackend"
if env.mail:
    EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = env.mail.host, env.mail.port, TIMEOUT_S
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.mail.user, env.mail.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = env.mail.is_tls, env.mail.is_starttls
    DEFAULT_FROM_EMAIL = env.mail.sender
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/chat/"
LOGOUT_REDIRECT_URL = "/chat/"

# Sign-in at other parties. allauth speaks with them; whom they let in is `apps.identity`'s business, and none of
# allauth's own pages has an address.
SOCIALACCOUNT_ADAPTER = "apps.identity.adapters.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
MIGRATION_MODULES = {"account": "imsite.borrowed.migrations"}

# Conversations. Every event of a group is pushed to each member: this bounds what one message may cost.
IM_GROUP_MEMBERS_MAX = 500

# Our rows refer to the toolkit's applications, and Django resolves what may be swapped by a setting alone.
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"

OAUTH2_PROVIDER: dict[str, Any] = {
    "SCOPES_BACKEND_CLASS": "apps.accounts.oauth.scopes.Scopes",
    "OAUTH2_VALIDATOR_CLASS": "apps.accounts.oauth.validator.Validator",
    "OAUTH2_BACKEND_CLASS": "apps.accounts.oauth.core.Core",
    "OIDC_ENABLED": True,
    # Long enough for a page to read it, short enough that it is no proof tomorrow; as a hint it works when expired.
    "ID_TOKEN_EXPIRE_SECONDS": 3600,
    "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
    # Asked unless the program shows the identity token of who is signed in; what ends is the program's own.
    "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": False,
    "OIDC_RP_INITIATED_LOGOUT_DELETE_TOKENS": False,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "PKCE_REQUIRED": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    # Only digests of tokens are kept: a copy of the database signs nobody in.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 30 * 24 * 3600,
    "ROTATE_REFRESH_TOKEN": True,
    # A client that lost the answer of a refresh may ask once more with the old token within this time; used later,
    # an old token is taken for a stolen one, and the whole chain is revoked.
    "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 60,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
}

# REST. Requests per user and minute on one node, by the kind of request; a burst may use up a minute at once.
IM_REST_PER_MINUTE = {"request": 600, "send": 1200}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "apps.accounts.authentication.TokenReaches",
    ],
    "DEFAULT_RENDERER_CLASSES": ["apps.common.rest.structs.StructRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.rest.structs.StructParser"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.common.rest.throttling.UserThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.common.rest.problems.handle_exception",
    "DEFAULT_METADATA_CLASS": None,
    # Forwarded-For headers are believed only where the server itself was told to.
    "NUM_PROXIES": 0,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "imsite",
    "DESCRIPTION": "REST API of the imsite messaging server. Times are unix milliseconds; ids are strings.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": ["apps.common.rest.openapi.complete_document"],
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "tryItOutEnabled": True},
}

# Language and time.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [ROOT / "imsite" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# Static files are served by the node itself, straight from their folders: nothing to collect before the first start.
STATIC_URL = "/static/"
STATIC_ROOT = env.data_dir / "static"
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.tls_only
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "imsite.logs.FieldFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.log_level},
    # Its warnings repeat at every sign-in that the password grant is out of fashion: programs of one's own need it.
    "loggers": {"oauth2_provider": {"level": "ERROR"}},
}
