// The style sheet and the script of the HTML report (report_html.cc).
#pragma once

#include <string_view>

namespace mapiguard {

inline constexpr std::string_view kReportStyle = R"css(
:root{color-scheme:light dark;--paper:#f5f6f8;--card:#fff;--ink:#1c2330;--soft:#5a6472;--line:#dfe3e9;--code:#f0f2f6;
--error:#b3261e;--error-wash:#fdecea;--warning:#925400;--warning-wash:#fff3df;--non-default:#1d5fa8;--non-default-wash:#e8f1fc;
--best-practice:#1e6e45;--best-practice-wash:#e6f5ec;--information:#55606e;--information-wash:#eceff3;--focus:#1d5fa8}
@media (prefers-color-scheme:dark){:root{--paper:#12161c;--card:#1a2029;--ink:#e4e8ee;--soft:#9aa5b3;--line:#2c3541;--code:#232b36;
--error:#ff8a80;--error-wash:#3a1d1c;--warning:#ffc069;--warning-wash:#372a16;--non-default:#8fc1ff;--non-default-wash:#182c45;
--best-practice:#86d9a9;--best-practice-wash:#173325;--information:#aab4c0;--information-wash:#262e38;--focus:#8fc1ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:78rem;margin:0 auto;padding:clamp(1rem,4vw,2.5rem) clamp(.9rem,4vw,2rem) 4rem}
h1{font-size:clamp(1.5rem,4.5vw,2.1rem);line-height:1.2;margin:0 0 .3rem;letter-spacing:-.01em;font-weight:650}
.about{color:var(--soft);margin:0}
.about strong{color:var(--ink);font-weight:600}
.counts{display:grid;grid-template-columns:repeat(5,1fr);gap:.75rem;margin:1.6rem 0;padding:0;list-style:none}
.counts li{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--tone);border-radius:.6rem;padding:.7rem .9rem}
.counts li.none{border-top-color:var(--line)}
.counts b{display:block;font-size:1.9rem;line-height:1.15;font-weight:650;font-variant-numeric:tabular-nums;color:var(--tone)}
.counts li.none b{color:var(--soft)}
.counts span{color:var(--soft);font-size:.875rem}
.error{--tone:var(--error);--wash:var(--error-wash)}.warning{--tone:var(--warning);--wash:var(--warning-wash)}
.non-default{--tone:var(--non-default);--wash:var(--non-default-wash)}.best-practice{--tone:var(--best-practice);--wash:var(--best-practice-wash)}
.information{--tone:var(--information);--wash:var(--information-wash)}
details.read{margin:0 0 1.4rem;color:var(--soft);font-size:.9375rem}
details.read summary{cursor:pointer}
details.read ul{margin:.5rem 0 0;padding-left:1.2rem}
.filters{display:flex;flex-wrap:wrap;gap:.5rem .6rem;align-items:center;margin:0 0 1.6rem;padding:.8rem 0;border-block:1px solid var(--line)}
.filters[hidden]{display:none}
.filters label{display:inline-flex;align-items:center;gap:.4rem;padding:.3rem .75rem;min-height:2.2rem;border:1px solid var(--line);border-radius:2rem;background:var(--card);font-size:.9375rem;cursor:pointer}
.filters label:has(:checked){border-color:var(--tone);background:var(--wash);color:var(--tone)}
.filters input{accent-color:var(--tone);margin:0}
.filters .recent{--tone:var(--ink);--wash:var(--code)}
.filters .server{margin-left:auto;border:0;background:none;padding:0}
.filters select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.3rem .5rem;max-width:14rem}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
h2{font-size:1.2rem;margin:2.2rem 0 .8rem;font-weight:650;display:flex;gap:.6rem;align-items:baseline}
h2 small{font-weight:400;font-size:.9375rem;color:var(--soft)}
article{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--tone);border-radius:.6rem;padding:1.1rem clamp(.9rem,3vw,1.5rem) 1.2rem;margin:0 0 1rem}
article h3{font-size:1.08rem;line-height:1.35;margin:0 0 .6rem;font-weight:650}
.tags{display:flex;flex-wrap:wrap;gap:.4rem;margin:0 0 .45rem;font-size:.8125rem;line-height:1.4}
.tag{padding:.08rem .6rem;border-radius:1rem;background:var(--wash);color:var(--tone);font-weight:600}
.tag.plain{background:none;border:1px solid var(--line);color:var(--soft);font-weight:400}
.tag.change{background:var(--ink);color:var(--card)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0 0 .9rem;font-size:.9375rem}
dt{color:var(--soft)}dd{margin:0}
code{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--code);border-radius:.3rem;padding:.1em .35em;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.body{display:grid;gap:.9rem 2.2rem}
@media (min-width:64rem){.body{grid-template-columns:minmax(0,5fr) minmax(0,6fr)}}
article p{margin:0;max-width:72ch}
article h4{margin:0 0 .3rem;font-size:.9375rem;font-weight:650}
ol{margin:0;padding-left:1.5rem;max-width:72ch}
ol li:first-child{margin-top:0}
ol li{margin:.3rem 0;padding-left:.2rem}
ol li::marker{color:var(--soft);font-variant-numeric:tabular-nums}
.well{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1.2rem 1.4rem}
footer{margin-top:2.5rem;color:var(--soft);font-size:.875rem}
article[hidden],section[hidden]{display:none}
@media (max-width:46rem){.counts{grid-template-columns:repeat(6,1fr);gap:.5rem}.counts li{grid-column:span 2;padding:.55rem .7rem}.counts li:nth-child(n+4){grid-column:span 3}
.counts b{font-size:1.5rem}.counts span{font-size:.8125rem}dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 .5rem}.filters .server{margin-left:0;width:100%}.filters select{flex:1;max-width:none}}
@media print{.body{grid-template-columns:1fr!important}:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--code:#f3f3f3}
body{font-size:10.5pt}main{max-width:none;padding:0}.filters{display:none!important}article{border-radius:0}article li,article p,.tags,dl{break-inside:avoid}article h3,article h4,.tags{break-after:avoid}h2{break-after:avoid}
article[hidden],section[hidden]{display:revert}.counts li,.tag{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)css";

// Shows the filters, which without it are hidden and everything else is shown.
inline constexpr std::string_view kReportScript = R"js(
(function(){
var bar=document.querySelector('.filters');if(!bar)return;bar.hidden=false;
var none=document.getElementById('nothing');
function apply(){
var kinds={},server=bar.querySelector('select'),only=bar.querySelector('.only'),shown=0;
bar.querySelectorAll('input').forEach(function(box){kinds[box.value]=box.checked});
document.querySelectorAll('section[data-category]').forEach(function(part){
var here=0;
part.querySelectorAll('article').forEach(function(one){
var fits=kinds[one.dataset.category]!==false&&(!server||!server.value||one.dataset.server===server.value.slice(1))&&(!only||!only.checked||one.dataset.change!=='same');
one.hidden=!fits;if(fits)here++});
part.hidden=here===0;shown+=here;
var number=part.querySelector('h2 small');if(number)number.textContent=here});
if(none)none.hidden=shown>0}
bar.addEventListener('change',apply);apply();
})();
)js";

}  // namespace mapiguard
