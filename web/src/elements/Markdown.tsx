import { useEffect, useRef, useState } from 'react'

/** Renders markdown. The renderer is loaded on first use. */
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
    // A text that can't be rendered is shown as source.
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
