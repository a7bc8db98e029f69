// The one style sheet of the console: quiet, legible, light and dark, from 360 pixels to wide; nothing from elsewhere.

/** The CSS; its name in the address follows from it. */
export const STYLE = `
:root{color-scheme:light dark;
--ground:light-dark(#f7f7f5,#111417);--sheet:light-dark(#fff,#181c20);--ink:light-dark(#1b1f24,#e6e9ec);
--soft:light-dark(#59626d,#9aa5b1);--line:light-dark(#e2e4e7,#2a3038);--edge:light-dark(#868f99,#6d7782);
--accent:light-dark(#0a5a86,#7cc1ea);--on-accent:light-dark(#fff,#0c1a24);--tint:light-dark(#e9f2f8,#14293a);
--good:light-dark(#17693f,#6ed6a0);--bad:light-dark(#a8231b,#ff9d94);--bad-tint:light-dark(#fcecea,#3a1a18);
--warn:light-dark(#7a4f00,#f1bd6e);--warn-tint:light-dark(#fdf3e0,#33260f);
--mono:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
--text:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
*{box-sizing:border-box}
html{font:100%/1.5 var(--text);background:var(--ground);color:var(--ink);-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;font-variant-numeric:tabular-nums}
h1,h2,h3{line-height:1.25;font-weight:650;text-wrap:balance;margin:0}
h1{font-size:1.625rem;letter-spacing:-.015em}h2{font-size:1.125rem;letter-spacing:-.005em}h3{font-size:1rem}
p,ul,ol,dl,pre,figure{margin:0}p,li,dd{max-width:68ch;text-wrap:pretty}
a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:from-font}a:hover{text-decoration-thickness:.13em}
code,pre,.code{font:.875em/1.5 var(--mono);font-variant-ligatures:none}code,bdi{overflow-wrap:anywhere}
pre{padding:.75rem .875rem;border:1px solid var(--line);border-radius:.5rem;background:var(--ground);overflow-x:auto;tab-size:2}
:focus-visible{outline:.1875rem solid var(--accent);outline-offset:.125rem;border-radius:.25rem}
.skip{position:absolute;left:-99rem;top:.5rem;z-index:2;padding:.5rem .875rem;background:var(--sheet);color:var(--ink)}.skip:focus{left:.5rem}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.bar{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1.25rem;padding:.625rem 1.25rem;background:var(--sheet);border-bottom:1px solid var(--line)}
.bar .brand{font-weight:700;font-size:1.0625rem;letter-spacing:-.02em;color:var(--ink);text-decoration:none;display:flex;gap:.5rem;align-items:center}
.bar .brand svg{width:1.375rem;height:1.375rem}
.bar .who{margin-left:auto;display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1rem;font-size:.875rem;color:var(--soft)}
.bar .who b{color:var(--ink);font-weight:600}
.frame{display:grid;grid-template-columns:minmax(0,1fr);flex:1;width:100%}
.side{background:var(--sheet);border-bottom:1px solid var(--line);overflow-x:auto}
.side ul{list-style:none;display:flex;gap:.125rem;margin:0;padding:.375rem .875rem}
.side a{display:block;padding:.375rem .75rem;border-radius:.4375rem;color:var(--ink);text-decoration:none;font-size:.9375rem;white-space:nowrap}
.side a:hover{background:var(--ground)}.side a[aria-current]{background:var(--tint);color:var(--accent);font-weight:600}
main{padding:1.5rem 1.25rem 3rem;min-width:0;max-width:76rem;width:100%;display:flex;flex-direction:column;gap:1.5rem}
main:focus{outline:none}
footer{padding:.875rem 1.25rem;border-top:1px solid var(--line);font-size:.8125rem;color:var(--soft);display:flex;flex-wrap:wrap;gap:.25rem 1.5rem}
@media(min-width:60rem){.frame{grid-template-columns:13.5rem minmax(0,1fr)}
.side{border-bottom:0;border-right:1px solid var(--line)}.side ul{flex-direction:column;position:sticky;top:0;padding:1.125rem .75rem}
main{padding:2rem 2.25rem 4rem}}
.head{display:flex;flex-wrap:wrap;align-items:end;justify-content:space-between;gap:.75rem 1.5rem}
.lead{color:var(--soft);margin-top:.25rem}
.card{background:var(--sheet);border:1px solid var(--line);border-radius:.75rem;padding:1.125rem 1.25rem;display:flex;flex-direction:column;gap:.75rem;min-width:0}
.choice{color:var(--ink);text-decoration:none;gap:.25rem}.choice:hover{border-color:var(--accent)}
.grid{display:grid;gap:1rem;align-items:start;grid-template-columns:repeat(auto-fit,minmax(min(100%,9.5rem),1fr))}.grid.wide{grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr))}
.stack{display:flex;flex-direction:column;gap:.75rem}.row{display:flex;flex-wrap:wrap;gap:.625rem .875rem;align-items:center}
.figure{font-size:1.875rem;line-height:1.1;font-weight:650;letter-spacing:-.02em}
.soft{color:var(--soft)}.small{font-size:.875rem}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.tag{display:inline-block;padding:.0625rem .5rem;border-radius:1rem;border:1px solid currentColor;font-size:.8125rem;line-height:1.4;white-space:nowrap}
.notice{padding:.75rem 1rem;border-radius:.5rem;border:1px solid var(--line);border-left:.25rem solid var(--accent);background:var(--tint);display:flex;flex-direction:column;gap:.375rem}
.notice.bad{color:var(--ink);background:var(--bad-tint);border-left-color:var(--bad)}.notice.warn{color:var(--ink);background:var(--warn-tint);border-left-color:var(--warn)}.notice.good{color:var(--ink);border-left-color:var(--good)}
.notice ul{padding-left:1.125rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.75rem;background:var(--sheet)}.card .scroll{border-radius:.5rem}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
caption{text-align:left;padding:.75rem 1rem;font-weight:600;border-bottom:1px solid var(--line)}
th,td{text-align:left;vertical-align:top;padding:.5625rem 1rem;border-bottom:1px solid var(--line)}
thead th{font-size:.8125rem;font-weight:600;color:var(--soft);white-space:nowrap}tbody tr:last-child>*{border-bottom:0}tbody th{font-weight:500}
tbody tr:hover{background:color-mix(in srgb,var(--tint) 45%,transparent)}td.number,th.number{text-align:right}td.empty{color:var(--soft);padding:1.5rem 1rem}
time,.tight{white-space:nowrap}.tight code,.tight bdi{overflow-wrap:normal}
dl.facts{display:grid;grid-template-columns:minmax(8rem,max-content) minmax(0,1fr);gap:.5rem 1.25rem;font-size:.9375rem}dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;overflow-wrap:anywhere}
@media(max-width:34rem){dl.facts{grid-template-columns:minmax(0,1fr);gap:.125rem}dl.facts dd{margin-bottom:.5rem}}
form{margin:0}form .card,form.card{gap:1rem}label,legend{font-weight:600;font-size:.9375rem}fieldset{border:1px solid var(--line);border-radius:.5rem;padding:.875rem 1rem;margin:0;min-width:0}
.field{display:flex;flex-direction:column;gap:.25rem;min-width:0}.field .hint{font-size:.875rem;color:var(--soft);max-width:62ch}.field .fault{font-size:.875rem;color:var(--bad);font-weight:600}
.filters{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,12rem),1fr));align-items:end}
input,select,textarea{font:inherit;color:inherit;background:var(--sheet);border:1px solid var(--edge);border-radius:.4375rem;padding:.4375rem .625rem;width:100%;min-width:0;min-height:2.5rem}
input[type=checkbox],input[type=radio]{width:auto;min-height:0;accent-color:var(--accent)}
textarea{font:.875rem/1.5 var(--mono);resize:vertical;min-height:6rem}[aria-invalid=true]{border-color:var(--bad);border-width:2px}
button,.button{font:inherit;font-weight:600;display:inline-flex;align-items:center;justify-content:center;padding:.4375rem 1rem;border-radius:.4375rem;border:1px solid var(--edge);background:var(--sheet);color:var(--ink);cursor:pointer;text-decoration:none}
button:hover,.button:hover{border-color:var(--ink)}.button[aria-current]{background:var(--tint);border-color:var(--accent);color:var(--accent)}button.first,.button.first{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}button.first:hover,.button.first:hover{filter:brightness(1.08)}
button.danger{color:var(--bad);border-color:var(--bad)}button.plain{border:0;background:none;padding:0;color:var(--accent);font-weight:400;text-decoration:underline;text-underline-offset:.18em}
details>summary{cursor:pointer;font-weight:600;font-size:.9375rem}details[open]>summary{margin-bottom:.625rem}
.alone{margin:auto;width:100%;max-width:31rem;padding:2rem 1.25rem 4rem;display:flex;flex-direction:column;gap:1.25rem}.alone .brand{font-weight:700;font-size:1.125rem;display:flex;gap:.5rem;align-items:center}.alone .brand svg{width:1.625rem;height:1.625rem}
.chart{width:100%;height:10.5rem;display:block;border-bottom:1px solid var(--edge);background:repeating-linear-gradient(to top,transparent 0 calc(25% - 1px),var(--line) calc(25% - 1px) 25%)}.chart .grant{fill:var(--accent)}.chart .refusal{fill:var(--bad)}
.scale{display:flex;justify-content:space-between;font-size:.8125rem;color:var(--soft)}
.key{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;font-size:.875rem;color:var(--soft)}.key i{display:inline-block;width:.75rem;height:.75rem;border-radius:.1875rem;margin-right:.4375rem;vertical-align:-.0625rem}.key .grant{background:var(--accent)}.key .refusal{background:var(--bad)}
.bars{display:grid;grid-template-columns:minmax(0,max-content) minmax(3rem,1fr) max-content;gap:.375rem .875rem;align-items:center;font-size:.9375rem}.bars .bar-line{width:100%;height:.5rem;fill:var(--bad);border-radius:.25rem;overflow:hidden}.bars .number{text-align:right}
.pages{display:flex;flex-wrap:wrap;gap:.75rem}
@media(max-width:48rem){.scroll table{width:max-content;min-width:100%}.scroll td,.scroll th{max-width:19rem}.scroll caption{max-width:none}}
@media print{.side,.bar .who,footer{display:none}}
@media(prefers-reduced-motion:no-preference){a,button,.button{transition:border-color .12s,background .12s}}
`;
