import { showInvisible } from '@pawl/sdk'
import DOMPurify from 'dompurify'
import { Marked } from 'marked'

/** HTML within markdown is shown as it was written: nothing of what a person decides about is hidden. */
const markdown = new Marked({
  async: false,
  gfm: true,
  walkTokens: (token) => {
    if (token.type === 'html') token.type = 'text'
  },
  renderer: {
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    // Loading an image would tell its host that somebody reads this.
    image({ href, text, tokens }) {
      const name = (tokens ? this.parser.parseInline(tokens, this.parser.textRenderer) : text) || 'image'
      return `<a href="${escapeAttribute(href)}">${name} (image)</a>`
    },
  },
})

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}

/**
 * Renders untrusted markdown as nodes that can neither run scripts nor load anything. Links open in a new tab; images are shown
 * as links, and the boxes of task lists as signs.
 */
export function renderMarkdown(text: string): DocumentFragment {
  const html = markdown.parse(showInvisible(text), { async: false })
  const fragment = DOMPurify.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      'form',
      'input',
      'button',
      'select',
      'textarea',
      'style',
      'img',
      'picture',
      'video',
      'audio',
      'source',
    ],
    FORBID_ATTR: ['style', 'id', 'class', 'name', 'srcset', 'src'],
  })
  for (const link of fragment.querySelectorAll('a')) {
    link.target = '_blank'
    link.rel = 'noopener noreferrer nofollow'
  }
  for (const table of fragment.querySelectorAll('table, pre')) table.setAttribute('tabindex', '0')
  return fragment
}
