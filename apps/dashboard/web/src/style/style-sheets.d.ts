/** The bundler handles style sheets; they export nothing. */
declare module '*.css';
