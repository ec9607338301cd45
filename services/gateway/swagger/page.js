/** The page at /swagger/: one Swagger UI, and the four services to choose from. */

const links = [...document.querySelectorAll('nav a')]

/** The link of the service that the address names; the first one where it names none. */
const chosen = () => links.find((link) => link.search === location.search) ?? links[0]

let current = null

function mark(link) {
  current = link
  for (const each of links) each.removeAttribute('aria-current')
  link.setAttribute('aria-current', 'page')
  document.title = `${link.textContent} API · Product Store`
}

/** A path is text: as a link it would lie within the button that opens its operation. */
const pathsAsText = ({ React }) => ({
  components: { DeepLink: ({ text }) => React.createElement('span', null, text) },
})

const first = chosen()
mark(first)
const ui = SwaggerUIBundle({
  dom_id: '#ui',
  url: first.dataset.document,
  deepLinking: true,
  plugins: [pathsAsText],
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // The badge would send the document's address to a server elsewhere.
  validatorUrl: null,
})

/** Another document in the same page, so that who is signed in stays so. */
function show(link) {
  mark(link)
  ui.specActions.updateUrl(link.dataset.document)
  ui.specActions.download(link.dataset.document)
}

for (const link of links) {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    history.pushState(null, '', link.href)
    show(link)
  })
}
addEventListener('popstate', () => {
  // A step between operations changes only what stands behind the #.
  if (chosen() !== current) show(chosen())
})

/** Names of what Swagger UI shows without one, for those who hear the page. */
const names = {
  '#servers': () => 'Server',
  '.examples-select-element': () => 'Example',
  '[data-param-name] .parameters-col_description select:not(.examples-select-element)': (select) =>
    select.closest('[data-param-name]').dataset.paramName,
  '.close-modal': () => 'Close the dialog',
  // It has a name, which has to begin with what is to be seen.
  '.modal-btn.authorize': (button) => {
    const [seen, name] = [button.textContent.trim(), button.getAttribute('aria-label')]
    return name === null || name.startsWith(seen) ? name : `${seen}: ${name}`
  },
}

function nameAll() {
  for (const [selector, nameOf] of Object.entries(names)) {
    for (const element of document.querySelectorAll(selector)) {
      const name = nameOf(element)
      if (name !== null && element.getAttribute('aria-label') !== name) {
        element.setAttribute('aria-label', name)
      }
    }
  }
  // What scrolls has to be reached by the keyboard.
  for (const block of document.querySelectorAll('pre.microlight')) block.tabIndex = 0
}

new MutationObserver(nameAll).observe(document.querySelector('#ui'), {
  subtree: true,
  childList: true,
  attributeFilter: ['aria-label'],
})

const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
