/** The library as one readable file. The package's entry brings a parser of source maps along, which is three times its size. */
declare module 'handlebars/dist/handlebars.js' {
  import Handlebars from 'handlebars'

  export default Handlebars
}
