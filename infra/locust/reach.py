"""What Locust's page leaves without a name, contrast or a way by keyboard, mended in the page itself."""

from locust import events

# Locust's own orange is too dark for the dark letters on it.
ADDITION = """<style>
.MuiButton-contained.MuiButton-colorWarning { color: #000; background: #ff9800; }
</style>
<script type="module">
function mend() {
  for (const button of document.querySelectorAll('button:not([aria-label])')) {
    if (button.textContent.trim() !== '') continue
    button.ariaLabel = button.closest('header') === null ? 'Columns' : 'Light or dark'
  }
  for (const table of document.querySelectorAll('.MuiTableContainer-root')) table.tabIndex = 0
}
new MutationObserver(mend).observe(document.body, { childList: true, subtree: true })
</script>"""


@events.init.add_listener
def mend_pages(environment, **_kwargs):
    if environment.web_ui is None:
        return

    @environment.web_ui.app.after_request
    def add(response):
        if response.mimetype == "text/html" and not response.direct_passthrough:
            page = response.get_data(as_text=True)
            response.set_data(page.replace("</body>", f"{ADDITION}</body>"))
        return response
