import { useEffect, useRef, useState } from 'react'

/** A text in markdown, drawn. What draws it is loaded when it is first wanted. */
export function Markdown({ text }: { readonly text: string }) {
  const place = useRef<HTMLDivElement>(null)
  const [isDrawn, setDrawn] = useState(false)
  useEffect(() => {
    let isCurrent = true
    import('./renderMarkdown.ts').then(
      ({ renderMarkdown }) => {
        if (!isCurrent) return
        place.current?.replaceChildren(renderMarkdown(text))
        setDrawn(true)
      },
      // The source is shown then.
      () => setDrawn(false),
    )
    return () => {
      isCurrent = false
    }
  }, [text])
  return (
    <>
      <div className="markdown" ref={place} hidden={!isDrawn} />
      {!isDrawn && <pre className="source">{text}</pre>}
    </>
  )
}
