/** Stands in for the toolkit of custom elements, which a DOM without layout cannot register. */
export const provideJupyterDesignSystem = (): { register: () => void } => ({
  register: () => undefined,
});
export const addJupyterLabThemeChangeListener = (): void => undefined;
const element = (): undefined => undefined;
export const jpButton = element;
export const jpToolbar = element;
export const allComponents = {};
export default {};
