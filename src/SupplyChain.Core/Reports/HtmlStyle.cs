namespace SupplyChain.Core.Reports;

/// <summary>The style and the script of the HTML report; both lie inside it, so that it opens anywhere, offline.</summary>
internal static class HtmlStyle
{
    public const string Css = """
        :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;--link:#0550ae;--ok:#1a7f37;--bad:#b31d28;--critical:#8b1a2b;--high:#bc4c00;--medium:#7d6200;--low:#3b5f8a;--unknown:#6e7781}
        @media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9da7b3;--line:#30363d;--card:#161b22;--link:#79b8ff;--ok:#56d364;--bad:#ff7b72;--critical:#ff8fa0;--high:#ffa657;--medium:#e3c15b;--low:#9cc4f0;--unknown:#a0a9b3}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:1500px;padding:16px clamp(12px,3vw,40px) 48px;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        h1{font-size:clamp(22px,4vw,32px);line-height:1.2;margin:8px 0}h2{font-size:19px;margin:32px 0 8px}
        a{color:var(--link)}code,.mono{font-family:ui-monospace,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}code{overflow-wrap:anywhere}
        .verdict{border-left:6px solid var(--bad);padding:4px 0 4px 16px}.verdict.ok{border-color:var(--ok)}.verdict strong{color:var(--bad)}.verdict.ok strong{color:var(--ok)}
        .soft{color:var(--soft)}p{margin:6px 0}ul{padding-left:20px;margin:6px 0}li{margin:4px 0;overflow-wrap:anywhere}
        button{font:inherit;color:var(--fg);background:var(--card);border:1px solid var(--line);border-radius:6px;padding:3px 10px;cursor:pointer}
        button:hover,button:focus-visible{border-color:var(--link)}:focus-visible{outline:2px solid var(--link);outline-offset:2px}
        .bar{display:flex;height:22px;border-radius:6px;overflow:hidden;margin:14px 0 6px;background:var(--card);border:1px solid var(--line)}.bar i{display:block;min-width:6px;border-right:2px solid var(--bg)}
        .legend{display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:0;list-style:none}.legend li{margin:0}.dot{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px}
        .c-critical{background:var(--critical)}.c-high{background:var(--high)}.c-medium{background:var(--medium)}.c-low{background:var(--low)}.c-unknown{background:var(--unknown)}
        .t-critical{color:var(--critical)}.t-high{color:var(--high)}.t-medium{color:var(--medium)}.t-low{color:var(--low)}.t-unknown{color:var(--unknown)}
        .sev{font-weight:600;white-space:nowrap}
        .tools{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center;margin:8px 0}.tools input[type=search]{flex:1 1 220px;max-width:420px;font:inherit;padding:6px 10px;border:1px solid var(--line);border-radius:6px;background:var(--bg);color:var(--fg)}
        .tools label{white-space:nowrap}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:6px 10px;border-bottom:1px solid var(--line);overflow-wrap:break-word}th{color:var(--soft);font-weight:600;white-space:nowrap}
        th button{border:0;background:none;padding:0;font-weight:600;color:inherit}tr.blocks td:first-child{box-shadow:inset 4px 0 0 var(--bad)}
        details{margin:2px 0}summary{cursor:pointer}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0}
        .num{text-align:right;white-space:nowrap}
        @media (max-width:760px){table.wide thead{position:absolute;left:-9999px}table.wide,table.wide tbody,table.wide tr,table.wide td{display:block;width:100%}table.wide tr{border:1px solid var(--line);border-radius:8px;margin:8px 0;padding:4px 0}table.wide td{border:0;padding:3px 12px}table.wide td[data-l]::before{content:attr(data-l) ": ";color:var(--soft)}tr.blocks td:first-child{box-shadow:none}tr.blocks{border-color:var(--bad)!important}.num{text-align:left}}
        [hidden]{display:none!important}
        @media print{.tools,button{display:none}body{max-width:none;padding:0}details:not([open])>*:not(summary){display:block}a{color:inherit}}
        """;

    public const string Script = """
        (function(){
        var search=document.getElementById('q');
        if(search){
          var rows=[].slice.call(document.querySelectorAll('#findings tbody tr'));
          var boxes=[].slice.call(document.querySelectorAll('.tools input[type=checkbox]'));
          var shown=document.getElementById('shown');
          var filter=function(){
            var words=search.value.toLowerCase().split(/\s+/).filter(Boolean),on={},count=0,only=false;
            boxes.forEach(function(b){if(b.value==='blocks')only=b.checked;else on[b.value]=b.checked;});
            rows.forEach(function(r){
              var text=r.textContent.toLowerCase();
              var show=on[r.dataset.s]&&(!only||r.classList.contains('blocks'))&&words.every(function(w){return text.indexOf(w)>=0;});
              r.hidden=!show;if(show)count++;
            });
            shown.textContent=count+' of '+rows.length;
          };
          search.addEventListener('input',filter);
          boxes.forEach(function(b){b.addEventListener('change',filter);});
          filter();
        }
        [].forEach.call(document.querySelectorAll('th button'),function(b){
          b.addEventListener('click',function(){
            var th=b.parentNode,table=th.closest('table'),body=table.tBodies[0],i=th.cellIndex,down=th.getAttribute('aria-sort')==='ascending';
            [].forEach.call(table.querySelectorAll('th'),function(t){t.removeAttribute('aria-sort');});
            th.setAttribute('aria-sort',down?'descending':'ascending');
            [].slice.call(body.rows).sort(function(x,y){
              var a=x.cells[i],c=y.cells[i],v=(a.dataset.v||a.textContent).localeCompare(c.dataset.v||c.textContent,undefined,{numeric:true});
              return down?-v:v;
            }).forEach(function(r){body.appendChild(r);});
          });
        });
        [].forEach.call(document.querySelectorAll('[data-copy]'),function(b){
          b.addEventListener('click',function(){
            var text=b.getAttribute('data-copy'),done=function(){b.textContent='Copied';setTimeout(function(){b.textContent='Copy';},1500);};
            if(navigator.clipboard&&window.isSecureContext){navigator.clipboard.writeText(text).then(done);return;}
            var area=document.createElement('textarea');area.value=text;document.body.appendChild(area);area.select();document.execCommand('copy');area.remove();done();
          });
        });
        })();
        """;
}
