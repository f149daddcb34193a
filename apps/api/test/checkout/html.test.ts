import { html } from '../../src/checkout/html'

test('inserts are escaped, for text and for attributes', () => {
  const name = `<b onclick="x('y')">&`
  expect(html`<p title="${name}">${name}</p>`.text).toBe(
    '<p title="&#60;b onclick=&#34;x(&#39;y&#39;)&#34;&#62;&#38;">&#60;b onclick=&#34;x(&#39;y&#39;)&#34;&#62;&#38;</p>',
  )
})

test('templates, and lists of them, go in as they are', () => {
  const items = ['a', '<'].map((item) => html`<li>${item}</li>`)
  expect(html`<ul>${items}</ul>${null}${7}`.text).toBe('<ul><li>a</li><li>&#60;</li></ul>7')
})
