"""Each level at a real browser: its everyday job, and the attempt to reach past its scope by addresses and forms."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.admin.browser.conftest import Administrator

pytestmark = pytest.mark.browser

Enter = Callable[..., Administrator]
TREE = "/admin/orgs/tree/"


class TestSystem:
    def test_a_tenant_is_made(self, enter: Enter) -> None:
        root = enter("system")

        root.open("/admin/tenants/tenant/add/")
        root.page.locator("#id_slug").fill("west")
        root.page.locator("#id_name").fill("西方公司")
        root.save()
        root.open("/admin/tenants/tenant/")

        expect(root.page.locator("#result_list")).to_contain_text("西方公司")
        root.photograph("system-tenants")
        root.expect_no_complaints()

    def test_power_over_everything_is_no_power_over_superusers(self, enter: Enter) -> None:
        root = enter("system")

        assert root.open("/admin/cluster/") == 403
        root.open("/admin/accounts/user/?q=root@system")
        root.page.locator("#result_list a", has_text="root@system").first.click()
        root.page.locator("#id_display_name").fill("Taken over")
        root.save()

        expect(root.page.locator("body")).to_contain_text("has powers that you lack")


class TestTenant:
    def test_an_organisation_is_made(self, enter: Enter) -> None:
        boss = enter("tenant")

        boss.open("/admin/orgs/organisation/add/")
        boss.page.locator("#id_name").fill("East Ltd")
        boss.save()
        boss.open(TREE)

        expect(boss.page.get_by_role("treeitem", name="East Ltd")).to_be_visible()
        boss.expect_no_complaints()

    def test_rules_are_set_and_what_they_would_mean_is_said_first(self, enter: Enter) -> None:
        boss = enter("tenant")
        boss.open("/admin/tenants/tenant/")
        boss.page.locator("#result_list tbody a").first.click()

        boss.page.locator("#id_second_factor").select_option("everyone")
        boss.page.locator("#id_terminals_windows").fill("3")
        boss.save()
        asked = boss.page.locator("input[name=accepted][value=factors_missing]")
        expect(asked).to_be_visible()
        boss.photograph("tenant-rules-asked")
        boss.page.locator("#id_second_factor").select_option("optional")
        boss.save()
        boss.page.locator("#result_list tbody a").first.click()

        expect(boss.page.locator("#id_terminals_windows")).to_have_value("3")
        expect(boss.page.locator("#id_second_factor")).to_have_value("optional")
        boss.page.locator("#id_allow_passwords").scroll_into_view_if_needed()
        boss.photograph("tenant-rules")
        boss.expect_no_complaints()

    def test_another_tenants_things_are_not_there(self, enter: Enter) -> None:
        boss = enter("tenant")
        depot, person = boss.department("Depot"), boss.person("rival")

        assert boss.open(f"/admin/orgs/department/{depot}/change/") == 404
        assert boss.open(f"/admin/accounts/user/{person}/change/") == 404
        assert boss.open(f"{TREE}level/?parent={depot}") == 404
        boss.open("/admin/orgs/department/add/")
        boss.choose("id_parent", depot)
        boss.page.locator("#id_name").fill("Ours now")
        boss.save()

        expect(boss.page.locator("body")).to_contain_text("Select a valid choice")


class TestOrganisation:
    def test_departments_are_moved_by_keyboard_and_by_hand(self, enter: Enter) -> None:
        lead = enter("organisation")
        lead.photograph("organisation-overview")
        lead.open(TREE)
        tree = lead.page.get_by_role("tree")
        rows = tree.get_by_role("treeitem")
        expect(rows).to_have_count(3)
        lead.photograph("organisation-tree")

        tree.locator(f"#department-{lead.department('Research')}").focus()
        lead.page.keyboard.press("Alt+ArrowUp")
        expect(rows.nth(1)).to_contain_text("Research")
        expect(rows.nth(1)).to_be_focused()
        lead.page.keyboard.press("Alt+ArrowDown")
        expect(rows.nth(2)).to_contain_text("Research")

        rows.nth(2).drag_to(rows.nth(1))

        expect(lead.page.locator("#tree-notice")).to_contain_text("Research is now in Sales.")
        moved = tree.locator(f"#department-{lead.department('Research')}")
        expect(moved).to_have_attribute("aria-level", "3")
        moved.focus()
        lead.page.keyboard.press("Alt+ArrowLeft")
        expect(moved).to_have_attribute("aria-level", "2")
        lead.expect_no_complaints()

    def test_a_list_is_previewed_and_applied(self, enter: Enter) -> None:
        lead = enter("organisation")
        rows = (
            "用户名,姓名,部门,职位\nzhangwei,张伟,/Research,工程师\nlina,李娜,/Sales/East,经理\nlost,王五,/Nowhere,\n"
        )

        lead.open("/admin/")
        lead.page.get_by_role("link", name="Import and export").click()
        lead.page.locator("#lists-kind").select_option("people")
        sent = {"name": "people.csv", "mimeType": "text/csv", "buffer": rows.encode("gb18030")}
        lead.page.locator("input[type=file]").set_input_files(sent)  # type: ignore[arg-type]  # a file that is no file
        lead.page.get_by_role("button", name="Preview").click()

        expect(lead.page.locator("#steps")).to_contain_text("lina")
        expect(lead.page.locator("#findings")).to_contain_text("/Nowhere")
        lead.photograph("organisation-import")
        lead.page.get_by_role("button", name="Apply").click()
        expect(lead.page.locator("#done")).to_contain_text("2")
        lead.open("/admin/accounts/user/?q=lina")
        expect(lead.page.locator("#result_list")).to_contain_text("East")
        lead.expect_no_complaints()

    def test_a_neighbours_things_are_not_there(self, enter: Enter) -> None:
        lead = enter("organisation")
        store = lead.department("Store")

        assert lead.open(f"/admin/orgs/department/{store}/change/") == 404
        assert lead.open("/admin/orgs/organisation/add/") == 403
        assert lead.open("/admin/access/role/") == 403
        lead.open(f"/admin/orgs/department/{lead.department('East')}/change/")
        lead.choose("id_parent", store)
        lead.save()

        expect(lead.page.locator("body")).to_contain_text("Select a valid choice")


class TestDepartment:
    def test_a_person_begins_in_her_department(self, enter: Enter) -> None:
        head = enter("department")

        head.open(f"/admin/accounts/user/add/?department={head.department('Sales')}")
        head.page.locator("#id_username").fill("lihua")
        head.page.locator("#id_display_name").fill("李华")
        head.page.locator("#id_title").fill("销售")
        head.page.locator("#id_password").fill("correct horse battery")
        head.photograph("department-person")
        head.save()
        head.open("/admin/accounts/user/?q=lihua")

        expect(head.page.locator("#result_list")).to_contain_text("李华")
        expect(head.page.locator("#result_list")).to_contain_text("Sales")
        head.expect_no_complaints()

    def test_the_department_next_door_is_not_there(self, enter: Enter) -> None:
        head = enter("department")
        research = head.department("Research")

        assert head.open(f"/admin/accounts/user/{head.person('research')}/change/") == 404
        assert head.open(f"/admin/accounts/user/{head.person('research')}/password/") == 404
        assert head.open(f"/admin/orgs/department/{head.department('North')}/change/") == 404
        head.open("/admin/accounts/user/add/")
        head.choose("id_department", research)
        head.page.locator("#id_username").fill("spy")
        head.page.locator("#id_password").fill("correct horse battery")
        head.save()

        expect(head.page.locator("body")).to_contain_text("Select a valid choice")
