"""All addresses of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from apps.accounts.oauth import urls as oauth
from apps.cluster import admin as cluster_admin
from apps.orgs.admin import exchange as lists
from apps.orgs.admin import tree as department_tree
from imsite.operating import dashboard

handler404 = "apps.common.rest.problems.page_not_found"
handler500 = "apps.common.rest.problems.server_error"

urlpatterns = [
    path("", RedirectView.as_view(url="/chat/"), name="home"),
    path("favicon.ico", RedirectView.as_view(url="/static/img/favicon.svg"), name="favicon"),
    path("admin/cluster/", include((cluster_admin.urlpatterns, "cluster"))),
    path("admin/orgs/tree/", include((department_tree.urlpatterns, "orgs_tree"))),
    path("admin/orgs/lists/", include((lists.urlpatterns, "orgs_exchange"))),
    path("admin/monitor/", include((dashboard.urlpatterns, "monitor"))),
    path("admin/", admin.site.urls),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("accounts/language/", set_language, name="set_language"),
    path("accounts/", include("apps.accounts.pages.entry_urls")),
    path("accounts/", include("apps.accounts.pages.urls")),
    path("accounts/", include("apps.identity.urls")),
    path("oauth/", include((oauth.urlpatterns, "oauth2_provider"))),
    path("", include(oauth.ROOT)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("scim/<uuid:connection>/v2/", include(("apps.identity.api.routes", "scim"))),
    path("api/v1/", include("apps.access.urls")),
    path("api/v1/", include("apps.tenants.urls")),
    path("api/v1/", include("apps.accounts.urls")),
    path("api/v1/", include("apps.orgs.urls")),
    path("api/v1/", include("apps.messaging.urls")),
    path("chat/", include("apps.webclient.urls")),
]
