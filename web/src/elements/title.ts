import { useEffect } from 'react'

let count = ''
let page = ''

/** Sets how many questions wait for a person, as it is written: the title of the tab begins with it; '' for none. */
export function setTitleCount(next: string): void {
  count = next
  write()
}

/** Sets the page's part of the tab's title while the page is shown; '' for none. */
export function useTitle(name: string): void {
  useEffect(() => {
    page = name
    write()
    return () => {
      page = ''
      write()
    }
  }, [name])
}

function write(): void {
  const name = page ? `${page} · Pawl` : 'Pawl'
  document.title = count ? `(${count}) ${name}` : name
}
