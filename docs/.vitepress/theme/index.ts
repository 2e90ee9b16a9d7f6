/** The default theme with the fonts of the reader's system: pages load nothing but their own words. */
import theme from 'vitepress/theme-without-fonts'
// oxlint-disable-next-line import/no-unassigned-import -- how Vite adds styles
import './style.css'

// oxlint-disable-next-line import/no-default-export -- what VitePress reads
export default theme
