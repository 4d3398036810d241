"""Settings of Huiyin: one file, read from the environment, safe by default.

Every deployment difference is an environment variable (see ``.env.example``); nothing here
knows a customer. Values that the 65 regulations disagree on are not settings: they live in
the regulation profile (``regulations``).
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from feedback_system import embedded

BASE_DIR = Path(__file__).resolve().parent.parent


def env_flag(name: str, *, default: bool) -> bool:
    """Read a yes/no environment variable: 1, true, yes, on (any case) are yes; an empty one is the default."""
    given = os.environ.get(name, "").strip().lower()
    return given in {"1", "true", "yes", "on"} if given else default


def env_list(name: str) -> list[str]:
    """Read a comma-separated environment variable."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def env_limit(name: str, preset: tuple[int, int]) -> tuple[int, int]:
    """Read LIMIT_<NAME>, such as 6000/3600: so many in so many seconds. A limit can be moved, never switched off."""
    given = os.environ.get(variable := f"LIMIT_{name.upper()}")
    if not given:
        return preset
    count, _slash, seconds = given.partition("/")
    if not (count.isdecimal() and seconds.isdecimal() and int(count) and int(seconds)):
        raise ImproperlyConfigured(
            f"{variable} is {given!r}. Write how many in how many seconds, such as {preset[0]}/{preset[1]}."
        )
    return int(count), int(seconds)


def own_key(name: str, secret: str) -> str:
    """The key in the environment, else one that follows from the secret key: AUDIT_KEY is then audit:SECRET."""
    return os.environ.get(name) or f"{name.removesuffix('_KEY').lower()}:{secret}"


# --- What runs here ---------------------------------------------------------------------------

TESTING = os.environ.get("HUIYIN_PROFILE") == "test"
DEBUG = env_flag("DEBUG", default=False)
DEMO = env_flag("DEMO", default=True) and not TESTING
#: web (15 s a statement), worker (10 min) or owner (no limit; migrations, backup, rights).
OWNER_COMMANDS = {
    *("prepare", "migrate", "rights", "backup", "restore", "generate_load"),
    *("test", "makemigrations", "dbshell"),
}
PROCESS = os.environ.get("HUIYIN_PROCESS") or (
    "owner" if TESTING or (len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS) else "web"
)

DATA_DIR = embedded.data_dir()
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8000"))
SITE_URL = os.environ.get("SITE_URL", f"http://{'127.0.0.1' if HOST == '0.0.0.0' else HOST}:{PORT}").rstrip("/")  # noqa: S104
SECURE_SITE = SITE_URL.startswith("https://")
#: An installation without any server of its own: laptop, demo, test.
EMBEDDED = "DATABASE_URL" not in os.environ

SECRET_KEY = os.environ.get("SECRET_KEY") or embedded.secret_key()
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")
#: Keys of their own, so that rotating the session key breaks neither the audit chain nor sent links.
AUDIT_KEY = own_key("AUDIT_KEY", SECRET_KEY)
ACCESS_KEY = own_key("ACCESS_KEY", SECRET_KEY)

ALLOWED_HOSTS = [
    *env_list("ALLOWED_HOSTS"),
    "127.0.0.1",
    "localhost",
    "[::1]",
    *([host] if (host := urlsplit(SITE_URL).hostname) else []),
    *(["testserver"] if TESTING else []),
    *(["*"] if EMBEDDED and HOST == "0.0.0.0" else []),  # noqa: S104
]
CSRF_TRUSTED_ORIGINS = [*env_list("CSRF_TRUSTED_ORIGINS"), *([SITE_URL] if SECURE_SITE else [])]

# --- Applications -----------------------------------------------------------------------------

INSTALLED_APPS = [
    "feedback_system",
    "reports",
    "surveys",
    "returns",
    "cases",
    "customers",
    "regulations",
    "documents",
    "notifications",
    "organization",
    "audit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Early, so that refused requests (a wrong host, a damaged body) carry their headers too.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "feedback_system.middleware.PrivateResponseMiddleware",
    "feedback_system.middleware.ClientAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "organization.second_factor.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "feedback_system.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "feedback_system.urls"
WSGI_APPLICATION = "feedback_system.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "feedback_system.frame.frame",
            ],
            "builtins": ["django.templatetags.i18n", "organization.templatetags.look"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# --- Database: PostgreSQL, the only engine ------------------------------------------------------

DATABASE_URL = os.environ.get("DATABASE_URL") or embedded.database_url("app")
DATABASE_OWNER_URL = os.environ.get("DATABASE_OWNER_URL") or (
    os.environ.get("DATABASE_URL") or embedded.database_url("owner")
)
#: False when application and owner are one role: then the audit trail is not protected by rights.
AUDIT_PROTECTED_BY_RIGHTS = DATABASE_URL != DATABASE_OWNER_URL
STATEMENT_TIMEOUT_MS = {"web": 15_000, "worker": 600_000}.get(PROCESS, 0)
DATABASES = {
    "default": dj_database_url.parse(
        DATABASE_OWNER_URL if PROCESS == "owner" else DATABASE_URL,
        conn_max_age=0 if TESTING else 60,
        conn_health_checks=True,
    )
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"]["options"] = " ".join(
    [
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
        "-c lock_timeout=5000" if PROCESS != "owner" else "-c lock_timeout=0",
        f"-c idle_in_transaction_session_timeout={30_000 if PROCESS == 'web' else 600_000}",
        # Short OLTP queries only: compiling them costs more than it saves.
        "-c jit=off",
    ]
).strip()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: broker and cache --------------------------------------------------------------------


def _redis_url(db: int) -> str | None:
    if url := os.environ.get("REDIS_URL"):
        return f"{url.rstrip('/')}/{db}" if urlsplit(url).path in {"", "/"} else url
    return embedded.redis_url(db)


REDIS_BROKER_URL = _redis_url(0)
REDIS_CACHE_URL = _redis_url(1)
CACHE_TIMEOUTS = {"socket_timeout": 2, "socket_connect_timeout": 1}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_CACHE_URL,
        "KEY_PREFIX": os.environ.get("PYTEST_XDIST_WORKER", "huiyin"),
        "OPTIONS": CACHE_TIMEOUTS,
    }
    if REDIS_CACHE_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}
}

# --- Celery: moves along what the database knows ---------------------------------------------------

if REDIS_BROKER_URL:
    _unix = REDIS_BROKER_URL.startswith("unix://")
    CELERY_BROKER_URL = (
        REDIS_BROKER_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
        if _unix
        else REDIS_BROKER_URL
    )
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "visibility_timeout": 900,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
    }
else:
    CELERY_BROKER_URL = "filesystem://"
    _spool = DATA_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_spool / "queue"),
        "data_folder_out": str(_spool / "queue"),
        "processed_folder": str(_spool / "processed"),
        "control_folder": str(_spool / "control"),
    }
CELERY_TASK_ALWAYS_EAGER = TESTING
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 540, 600
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
NOTIFICATIONS_POKE = not TESTING
#: What was sent is kept as text this long (three years, the longest minimum of the regulations).
MESSAGES_KEPT_DAYS = int(os.environ.get("MESSAGES_KEPT_DAYS") or "1096")
#: A draft that nobody has touched for so long goes, with its files.
DRAFTS_KEPT_DAYS = int(os.environ.get("DRAFTS_KEPT_DAYS") or "90")
#: Uploaded tables of customers, and rows that stayed out, are kept this long; so many rows may come by the browser.
CUSTOMER_IMPORTS_KEPT_DAYS = int(os.environ.get("CUSTOMER_IMPORTS_KEPT_DAYS") or "30")
CUSTOMER_IMPORT_ROWS = int(os.environ.get("CUSTOMER_IMPORT_ROWS") or "200000")
#: One export holds so many customers; from so many on the general manager is told of it.
CUSTOMER_EXPORT_ROWS = int(os.environ.get("CUSTOMER_EXPORT_ROWS") or "20000")
CUSTOMER_EXPORT_TOLD_FROM = int(os.environ.get("CUSTOMER_EXPORT_TOLD_FROM") or "500")

# --- People: login, second factor, sessions --------------------------------------------------------

AUTH_USER_MODEL = "organization.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "feedback_system.account_adapter.AccountAdapter"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger cannot make us write to other strangers
#: Failed sign-ins are counted by organization.login_limits; a whole office may sign in at half past eight.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": None}
#: In these roles a password alone is not enough; a person can be asked for it, too (must_use_second_factor).
SECOND_FACTOR_ROLES = frozenset(
    env_list("HUIYIN_SECOND_FACTOR_ROLES") or ([] if DEMO or TESTING else ["administrator"])
)
MFA_ADAPTER = "organization.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Huiyin"
USERSESSIONS_TRACK_ACTIVITY = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
)
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 10 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SITE
SESSION_COOKIE_NAME = "__Host-sessionid" if SECURE_SITE else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SECURE_SITE else "csrftoken"
INVITATION_HOURS = 24

# --- The wire: headers, addresses, limits ----------------------------------------------------------

#: Name of the header in which the one trusted proxy writes the client's address; empty: none.
CLIENT_IP_HEADER = os.environ.get("HUIYIN_CLIENT_IP_HEADER", "")
# feedback_system.middleware rewrites REMOTE_ADDR from it, so allauth needs no rule of its own.
ALLAUTH_TRUSTED_PROXY_COUNT = 0
SECURE_SSL_REDIRECT = SECURE_SITE and env_flag("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SITE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_SITE
SECURE_HSTS_PRELOAD = SECURE_SITE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_flag("BEHIND_TLS_PROXY", default=False) else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# On plain http browsers ignore the header and complain about it.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if SECURE_SITE else None
SIGNED_COOKIE_LEGACY_SALT_FALLBACK = False
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_HANDLERS = [
    "documents.upload_handlers.TotalSizeHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
#: So often (count) in so many seconds, see organization.limits. LIMIT_PUBLIC_SUBMIT_ALL=6000/3600 chooses another.
LIMITS = {
    "public_submit_address": (20, 3600),
    "public_submit_all": (3000, 3600),
    "track_case": (5, 900),
    "track_address": (20, 900),
    "track_failed_all": (300, 900),
    "challenge_address": (120, 3600),
    "sign_in_pair": (5, 300),
    "sign_in_account": (30, 3600),
    "sign_in_address": (300, 900),
    "sign_in_device": (10, 300),
    "invitation_address": (20, 900),
}
LIMITS = {name: env_limit(name, preset) for name, preset in LIMITS.items()} | {
    # Not for tuning: a proof of work counts once, and lives much shorter than this day.
    "proof_once": (1, 86_400),
}
#: A form that comes back sooner was not filled in by a person.
PUBLIC_FORM_SECONDS = 2
PROOF_OF_WORK_MAX_NUMBER = 50_000
PROOF_OF_WORK_SECONDS = 1200

# --- Files ------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = os.environ.get("STATIC_ROOT", str(DATA_DIR / "static"))
MEDIA_ROOT = os.environ.get("MEDIA_ROOT", str(DATA_DIR / "files"))
CHECKPOINT_DIR = os.environ.get("CHECKPOINT_DIR", str(DATA_DIR / "checkpoints"))
ERASURES_DIR = os.environ.get("ERASURES_DIR", str(DATA_DIR / "erasures"))
BACKUP_DIR = os.environ.get("BACKUP_DIR", str(DATA_DIR / "backups"))
COLLECTED_STATIC = env_flag("COLLECTED_STATIC", default=False)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        if COLLECTED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED_STATIC
WHITENOISE_AUTOREFRESH = TESTING or DEBUG

# --- Languages and time ----------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("TZ_NAME") or "Asia/Shanghai"

# --- Mail and SMS -------------------------------------------------------------------------------------------

EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT") or "465")
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = env_flag("EMAIL_USE_SSL", default=EMAIL_PORT == 465)
# 587 is where mail is handed in, and it begins in plain text: a password goes there only after STARTTLS.
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS", default=EMAIL_PORT == 587 and not EMAIL_USE_SSL)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL") or "huiyin@localhost"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
#: Dotted path of the SMS adapter, or an apprise URL in SMS_URL; without either nothing is sent by SMS.
SMS_ADAPTER = os.environ.get("SMS_ADAPTER", "")
SMS_URL = os.environ.get("SMS_URL", "")

# --- API ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "organization.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "feedback_system.errors.api_exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Huiyin API",
    "DESCRIPTION": (
        "Cases of customer feedback and complaints, the customers, goods that come back, and what customers think: the"
        " same actions, rights and gates as the pages."
    ),
    "TAGS": [
        {
            "name": "v1",
            "description": "Cases: feedback from registration to archive, each move by its own word; logging in.",
        },
        {
            "name": "customers",
            "description": (
                "Contact cards, communications, products, vehicles and projects, masked for whom they are masked on the"
                " pages; each reading is kept. The whole file (contracts, orders, credit, finances) is not here: it is"
                " read for a purpose that the reader states, and a program has none. A customer that became part of"
                " another is answered with 302 and the address of the one that stays; what is written to it is refused"
                " with 409, ``kept`` naming the number."
            ),
        },
        {
            "name": "returns",
            "description": (
                "Returns: the acceptance slip from registration to the callback, refund and repair, each act by its own"
                " word. A refund without a confirmed slip is refused with 422, and the refusal is kept; ``acts`` of a"
                " return says what may be done now, and what is in the way."
            ),
        },
        {
            "name": "surveys",
            "description": (
                "Surveys: questionnaires and what they ask, responses, callbacks, follow-ups, results. Surveys are"
                " switched on, and questionnaires published, on the pages. Nobody calls, or fills in, about a case that"
                " he or she worked on. Groups too small to be shown are null, with ``is_suppressed``; the ``query`` of"
                " a line of results narrows the list of responses to those that it is made of."
            ),
        },
        {
            "name": "reports",
            "description": (
                "Issued reports: asked for, built in the background, approved by somebody else, sent. Their tables are"
                " those of the page, the paper and the workbook; ``find`` of a figure is the query of its records."
            ),
        },
    ],
    "VERSION": "1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Way": "cases.models.reply.Way",
        "CaseState": "cases.lifecycle.State",
        "AssignmentState": "cases.models.assignment.Assignment.State",
        "MeasureState": "cases.models.measures.Measure.State",
        "Outcome": "cases.lifecycle.Outcome",
        "Severity": "cases.models.intake.Severity",
        "FindingSeverity": "cases.models.investigation.Investigation.Severity",
        "FileState": "documents.models.State",
        "TypeEnum": "cases.models.measures.Measure.Type",
        "CustomerType": "customers.models.CustomerType",
        "ContactType": "customers.models.ContactType",
        "VisitClass": "customers.models.VisitClass",
        "Tier": "customers.models.Tier",
        "Secrecy": "customers.models.Secrecy",
        "HoldingKind": "customers.models.HoldingKind",
        "CommunicationKind": "customers.models.CommunicationKind",
        "ReturnState": "returns.lifecycle.State",
        "ReturnHandling": "returns.lifecycle.Handling",
        "ReturnOutcome": "returns.lifecycle.Outcome",
        "ReturnSource": "returns.models.Source",
        "ReturnSatisfaction": "returns.models.Satisfaction",
        "InspectionPurpose": "returns.models.Inspection.Purpose",
        "Difference": "returns.models.SlipLine.Difference",
        "WarrantyExclusion": "returns.models.SlipLine.Excluded",
        "RefundWay": "returns.models.Refund.Way",
        "RefundVia": "returns.models.RefundRefusal.Via",
        "RepairPlace": "returns.lifecycle.Place",
        "RepairNoteKind": "returns.models.RepairNote.Kind",
        "SurveyKind": "surveys.models.Survey.Kind",
        "InvitationState": "surveys.models.Invitation.State",
        "InvitationWhy": "surveys.models.Invitation.Why",
        "ItemKind": "surveys.api.serializers.asking.ITEM_KINDS",
        "ResponseSource": "surveys.models.Response.Source",
        "ResponseBand": "surveys.models.Response.Band",
        "ResponseGenuine": "surveys.models.Response.Genuine",
        "OnBehalfSource": "surveys.api.bodies.ON_BEHALF",
        "ResponseVerdict": "surveys.api.bodies.VERDICTS",
        "CallbackState": "surveys.models.Callback.State",
        "CallResult": "surveys.models.Attempt.Result",
        "CallWithoutAnswers": "surveys.api.bodies.UNANSWERED",
        "FollowUpReason": "surveys.models.FollowUp.Reason",
        "FollowUpState": "surveys.models.FollowUp.State",
        "ReportKind": "reports.models.Report.Kind",
        "ReportState": "reports.models.Report.State",
        "ReportColumnKind": "reports.api.serializers.COLUMN_KINDS",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Logs ------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"scrub": {"()": "feedback_system.logs.Scrub"}},
    "formatters": {"line": {"()": "feedback_system.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["scrub"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL") or "INFO"},
    "loggers": {
        "django.server": {"level": "INFO"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
