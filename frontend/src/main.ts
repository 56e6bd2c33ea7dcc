import htmx from "htmx.org";

// The pages' Content-Security-Policy allows neither eval nor inline styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
