import { useEffect, useRef, useState } from 'react'

/** A text in markdown, drawn. What draws it is loaded when it is first wanted. */
export function Markdown({ text }: { readonly text: string }) {
  const place = useRef<HTMLDivElement>(null)
  const [isDrawn, setDrawn] = useState(false)
  useEffect(() => {
    let isCurrent = true
    const draw = async () => {
      const { renderMarkdown } = await import('./renderMarkdown.ts')
      if (!isCurrent) return
      place.current?.replaceChildren(renderMarkdown(text))
      setDrawn(true)
    }
    // What can't be drawn is shown as it is written.
    draw().catch(() => setDrawn(false))
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
