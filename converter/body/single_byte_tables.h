// The upper halves (0x80 … 0xFF) of the single-byte code pages: our own, so that they work when no codec can be opened.
//
// Windows pages are as WHATWG's Encoding Standard has them (undefined bytes below 0xA0 are C1 controls, as in Windows
// itself); the others are Unicode's published mappings. U+FFFD = the page does not define the byte.
#pragma once

#include <string_view>

namespace mapiguard::single_byte {

// clang-format off
inline constexpr std::u16string_view kPage437 =
    u"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿\u2310¬½¼¡«»\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556\u2555"
    u"\u2563\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C\u2500\u253C\u255E\u255F\u255A\u2554\u2569"
    u"\u2566\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256B\u256A\u2518\u250C\u2588\u2584"
    u"\u258C\u2590\u2580αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈\u00B0∙·√ⁿ²\u25A0\u00A0";
inline constexpr std::u16string_view kPage720 =
    u"\u0080\u0081éâ\u0084à\u0086çêëèïî\u008D\u008E\u008F\u0090\u0651\u0652ô¤\u0640ûù\u0621\u0622\u0623\u0624£\u0625"
    u"\u0626\u0627\u0628\u0629\u062A\u062B\u062C\u062D\u062E\u062F\u0630\u0631\u0632\u0633\u0634\u0635«»\u2591\u2592"
    u"\u2593\u2502\u2524\u2561\u2562\u2556\u2555\u2563\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C"
    u"\u2500\u253C\u255E\u255F\u255A\u2554\u2569\u2566\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552"
    u"\u2553\u256B\u256A\u2518\u250C\u2588\u2584\u258C\u2590\u2580\u0636\u0637\u0638\u0639\u063A\u0641µ\u0642\u0643"
    u"\u0644\u0645\u0646\u0647\u0648\u0649\u064A≡\u064B\u064C\u064D\u064E\u064F\u0650≈\u00B0∙·√ⁿ²\u25A0\u00A0";
inline constexpr std::u16string_view kPage737 =
    u"ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψ\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556\u2555\u2563"
    u"\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C\u2500\u253C\u255E\u255F\u255A\u2554\u2569\u2566"
    u"\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256B\u256A\u2518\u250C\u2588\u2584\u258C"
    u"\u2590\u2580ωάέήϊίόύϋώΆΈΉΊΌΎΏ±≥≤ΪΫ÷≈\u00B0∙·√ⁿ²\u25A0\u00A0";
inline constexpr std::u16string_view kPage775 =
    u"ĆüéāäģåćłēŖŗīŹÄÅÉæÆōöĢ¢ŚśÖÜø£Ø×¤ĀĪóŻżź”\u00A6\u00A9\u00AE¬½¼Ł«»\u2591\u2592\u2593\u2502\u2524ĄČĘĖ\u2563\u2551"
    u"\u2557\u255DĮŠ\u2510\u2514\u2534\u252C\u251C\u2500\u253CŲŪ\u255A\u2554\u2569\u2566\u2560\u2550\u256CŽąčęėįšųūž"
    u"\u2518\u250C\u2588\u2584\u258C\u2590\u2580ÓßŌŃõÕµńĶķĻļņĒŅ’\u00AD±“¾¶§÷„\u00B0∙·¹³²\u25A0\u00A0";
inline constexpr std::u16string_view kPage850 =
    u"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿\u00AE¬½¼¡«»\u2591\u2592\u2593\u2502\u2524ÁÂÀ\u00A9\u2563\u2551\u2557"
    u"\u255D¢¥\u2510\u2514\u2534\u252C\u251C\u2500\u253CãÃ\u255A\u2554\u2569\u2566\u2560\u2550\u256C¤ðÐÊËÈıÍÎÏ\u2518"
    u"\u250C\u2588\u2584\u00A6Ì\u2580ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00AD±‗¾¶§÷¸\u00B0¨·¹³²\u25A0\u00A0";
inline constexpr std::u16string_view kPage852 =
    u"ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»\u2591\u2592\u2593\u2502\u2524ÁÂĚŞ\u2563\u2551\u2557\u255DŻż"
    u"\u2510\u2514\u2534\u252C\u251C\u2500\u253CĂă\u255A\u2554\u2569\u2566\u2560\u2550\u256C¤đĐĎËďŇÍÎě\u2518\u250C"
    u"\u2588\u2584ŢŮ\u2580ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00AD˝˛ˇ˘§÷¸\u00B0¨˙űŘř\u25A0\u00A0";
inline constexpr std::u16string_view kPage855 =
    u"ђЂѓЃёЁєЄѕЅіІїЇјЈљЉњЊћЋќЌўЎџЏюЮъЪаАбБцЦдДеЕфФгГ«»\u2591\u2592\u2593\u2502\u2524хХиИ\u2563\u2551\u2557\u255DйЙ"
    u"\u2510\u2514\u2534\u252C\u251C\u2500\u253CкК\u255A\u2554\u2569\u2566\u2560\u2550\u256C¤лЛмМнНоОп\u2518\u250C"
    u"\u2588\u2584Пя\u2580ЯрРсСтТуУжЖвВьЬ\u2116\u00ADыЫзЗшШэЭщЩчЧ§\u25A0\u00A0";
inline constexpr std::u16string_view kPage857 =
    u"ÇüéâäàåçêëèïîıÄÅÉæÆôöòûùİÖÜø£ØŞşáíóúñÑĞğ¿\u00AE¬½¼¡«»\u2591\u2592\u2593\u2502\u2524ÁÂÀ\u00A9\u2563\u2551\u2557"
    u"\u255D¢¥\u2510\u2514\u2534\u252C\u251C\u2500\u253CãÃ\u255A\u2554\u2569\u2566\u2560\u2550\u256C¤ºªÊËÈ\uFFFDÍÎÏ"
    u"\u2518\u250C\u2588\u2584\u00A6Ì\u2580ÓßÔÒõÕµ\uFFFD×ÚÛÙìÿ¯´\u00AD±\uFFFD¾¶§÷¸\u00B0¨·¹³²\u25A0\u00A0";
inline constexpr std::u16string_view kPage858 =
    u"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿\u00AE¬½¼¡«»\u2591\u2592\u2593\u2502\u2524ÁÂÀ\u00A9\u2563\u2551\u2557"
    u"\u255D¢¥\u2510\u2514\u2534\u252C\u251C\u2500\u253CãÃ\u255A\u2554\u2569\u2566\u2560\u2550\u256C¤ðÐÊËÈ€ÍÎÏ\u2518"
    u"\u250C\u2588\u2584\u00A6Ì\u2580ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00AD±‗¾¶§÷¸\u00B0¨·¹³²\u25A0\u00A0";
inline constexpr std::u16string_view kPage860 =
    u"ÇüéâãàÁçêÊèÍÔìÃÂÉÀÈôõòÚùÌÕÜ¢£Ù₧ÓáíóúñÑªº¿Ò¬½¼¡«»\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556\u2555\u2563"
    u"\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C\u2500\u253C\u255E\u255F\u255A\u2554\u2569\u2566"
    u"\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256B\u256A\u2518\u250C\u2588\u2584\u258C"
    u"\u2590\u2580αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈\u00B0∙·√ⁿ²\u25A0\u00A0";
inline constexpr std::u16string_view kPage861 =
    u"ÇüéâäàåçêëèÐðÞÄÅÉæÆôöþûÝýÖÜø£Ø₧ƒáíóúÁÍÓÚ¿\u2310¬½¼¡«»\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556\u2555"
    u"\u2563\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C\u2500\u253C\u255E\u255F\u255A\u2554\u2569"
    u"\u2566\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256B\u256A\u2518\u250C\u2588\u2584"
    u"\u258C\u2590\u2580αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈\u00B0∙·√ⁿ²\u25A0\u00A0";
inline constexpr std::u16string_view kPage862 =
    u"\u05D0\u05D1\u05D2\u05D3\u05D4\u05D5\u05D6\u05D7\u05D8\u05D9\u05DA\u05DB\u05DC\u05DD\u05DE\u05DF\u05E0\u05E1"
    u"\u05E2\u05E3\u05E4\u05E5\u05E6\u05E7\u05E8\u05E9\u05EA¢£¥₧ƒáíóúñÑªº¿\u2310¬½¼¡«»\u2591\u2592\u2593\u2502\u2524"
    u"\u2561\u2562\u2556\u2555\u2563\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C\u2500\u253C\u255E"
    u"\u255F\u255A\u2554\u2569\u2566\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256B\u256A"
    u"\u2518\u250C\u2588\u2584\u258C\u2590\u2580αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈\u00B0∙·√ⁿ²\u25A0\u00A0";
inline constexpr std::u16string_view kPage863 =
    u"ÇüéâÂà¶çêëèïî‗À§ÉÈÊôËÏûù¤ÔÜ¢£ÙÛƒ\u00A6´óú¨¸³¯Î\u2310¬½¼¾«»\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556\u2555"
    u"\u2563\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C\u2500\u253C\u255E\u255F\u255A\u2554\u2569"
    u"\u2566\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256B\u256A\u2518\u250C\u2588\u2584"
    u"\u258C\u2590\u2580αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈\u00B0∙·√ⁿ²\u25A0\u00A0";
inline constexpr std::u16string_view kPage864 =
    u"\u00B0·∙√\u2592\u2500\u2502\u253C\u2524\u252C\u251C\u2534\u2510\u250C\u2514\u2518β∞φ±½¼≈«»\uFEF7\uFEF8\uFFFD"
    u"\uFFFD\uFEFB\uFEFC\uFFFD\u00A0\u00AD\uFE82£¤\uFE84\uFFFD\uFFFD\uFE8E\uFE8F\uFE95\uFE99،\uFE9D\uFEA1\uFEA5\u0660"
    u"\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\uFED1\u061B\uFEB1\uFEB5\uFEB9\u061F¢\uFE80\uFE81\uFE83"
    u"\uFE85\uFECA\uFE8B\uFE8D\uFE91\uFE93\uFE97\uFE9B\uFE9F\uFEA3\uFEA7\uFEA9\uFEAB\uFEAD\uFEAF\uFEB3\uFEB7\uFEBB"
    u"\uFEBF\uFEC1\uFEC5\uFECB\uFECF\u00A6¬÷×\uFEC9\u0640\uFED3\uFED7\uFEDB\uFEDF\uFEE3\uFEE7\uFEEB\uFEED\uFEEF\uFEF3"
    u"\uFEBD\uFECC\uFECE\uFECD\uFEE1\uFE7D\u0651\uFEE5\uFEE9\uFEEC\uFEF0\uFEF2\uFED0\uFED5\uFEF5\uFEF6\uFEDD\uFED9"
    u"\uFEF1\u25A0\uFFFD";
inline constexpr std::u16string_view kPage865 =
    u"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø₧ƒáíóúñÑªº¿\u2310¬½¼¡«¤\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556\u2555"
    u"\u2563\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C\u2500\u253C\u255E\u255F\u255A\u2554\u2569"
    u"\u2566\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256B\u256A\u2518\u250C\u2588\u2584"
    u"\u258C\u2590\u2580αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈\u00B0∙·√ⁿ²\u25A0\u00A0";
inline constexpr std::u16string_view kPage866 =
    u"АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмноп\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556\u2555\u2563"
    u"\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C\u2500\u253C\u255E\u255F\u255A\u2554\u2569\u2566"
    u"\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256B\u256A\u2518\u250C\u2588\u2584\u258C"
    u"\u2590\u2580рстуфхцчшщъыьэюяЁёЄєЇїЎў\u00B0∙·√\u2116¤\u25A0\u00A0";
inline constexpr std::u16string_view kPage869 =
    u"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDΆ\uFFFD·¬\u00A6‘’Έ―ΉΊΪΌ\uFFFD\uFFFDΎΫ\u00A9Ώ²³ά£έήίϊΐόύΑΒΓΔΕΖΗ½ΘΙ«»\u2591"
    u"\u2592\u2593\u2502\u2524ΚΛΜΝ\u2563\u2551\u2557\u255DΞΟ\u2510\u2514\u2534\u252C\u251C\u2500\u253CΠΡ\u255A\u2554"
    u"\u2569\u2566\u2560\u2550\u256CΣΤΥΦΧΨΩαβγ\u2518\u250C\u2588\u2584δε\u2580ζηθικλμνξοπρσςτ΄\u00AD±υφχ§ψ΅\u00B0¨ωϋΰώ"
    u"\u25A0\u00A0";
inline constexpr std::u16string_view kPage874 =
    u"€\u0081\u0082\u0083\u0084…\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090‘’“”•–—\u0098\u0099"
    u"\u009A\u009B\u009C\u009D\u009E\u009F\u00A0\u0E01\u0E02\u0E03\u0E04\u0E05\u0E06\u0E07\u0E08\u0E09\u0E0A\u0E0B"
    u"\u0E0C\u0E0D\u0E0E\u0E0F\u0E10\u0E11\u0E12\u0E13\u0E14\u0E15\u0E16\u0E17\u0E18\u0E19\u0E1A\u0E1B\u0E1C\u0E1D"
    u"\u0E1E\u0E1F\u0E20\u0E21\u0E22\u0E23\u0E24\u0E25\u0E26\u0E27\u0E28\u0E29\u0E2A\u0E2B\u0E2C\u0E2D\u0E2E\u0E2F"
    u"\u0E30\u0E31\u0E32\u0E33\u0E34\u0E35\u0E36\u0E37\u0E38\u0E39\u0E3A\uFFFD\uFFFD\uFFFD\uFFFD\u0E3F\u0E40\u0E41"
    u"\u0E42\u0E43\u0E44\u0E45\u0E46\u0E47\u0E48\u0E49\u0E4A\u0E4B\u0E4C\u0E4D\u0E4E\u0E4F\u0E50\u0E51\u0E52\u0E53"
    u"\u0E54\u0E55\u0E56\u0E57\u0E58\u0E59\u0E5A\u0E5B\uFFFD\uFFFD\uFFFD\uFFFD";
inline constexpr std::u16string_view kPage1125 =
    u"АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмноп\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556\u2555\u2563"
    u"\u2551\u2557\u255D\u255C\u255B\u2510\u2514\u2534\u252C\u251C\u2500\u253C\u255E\u255F\u255A\u2554\u2569\u2566"
    u"\u2560\u2550\u256C\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256B\u256A\u2518\u250C\u2588\u2584\u258C"
    u"\u2590\u2580рстуфхцчшщъыьэюяЁёҐґЄєІіЇї·√\u2116¤\u25A0\u00A0";
inline constexpr std::u16string_view kPage1250 =
    u"€\u0081‚\u0083„…†‡\u0088‰Š‹ŚŤŽŹ\u0090‘’“”•–—\u0098\u2122š›śťžź\u00A0ˇ˘Ł¤Ą\u00A6§¨\u00A9Ş«¬\u00AD\u00AEŻ\u00B0±˛ł"
    u"´µ¶·¸ąş»Ľ˝ľżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙";
inline constexpr std::u16string_view kPage1251 =
    u"ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u0098\u2122љ›њќћџ\u00A0ЎўЈ¤Ґ\u00A6§Ё\u00A9Є«¬\u00AD\u00AEЇ\u00B0±Ііґµ¶·ё\u2116є»јЅѕїАБВ"
    u"ГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя";
inline constexpr std::u16string_view kPage1252 =
    u"€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜\u2122š›œ\u009DžŸ\u00A0¡¢£¤¥\u00A6§¨\u00A9ª«¬\u00AD\u00AE¯\u00B0±²³"
    u"´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ";
inline constexpr std::u16string_view kPage1253 =
    u"€\u0081‚ƒ„…†‡\u0088‰\u008A‹\u008C\u008D\u008E\u008F\u0090‘’“”•–—\u0098\u2122\u009A›\u009C\u009D\u009E\u009F"
    u"\u00A0΅Ά£¤¥\u00A6§¨\u00A9\uFFFD«¬\u00AD\u00AE―\u00B0±²³΄µ¶·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ\uFFFDΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζη"
    u"θικλμνξοπρςστυφχψωϊϋόύώ\uFFFD";
inline constexpr std::u16string_view kPage1254 =
    u"€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008D\u008E\u008F\u0090‘’“”•–—˜\u2122š›œ\u009D\u009EŸ\u00A0¡¢£¤¥\u00A6§¨\u00A9ª«¬\u00AD\u00AE"
    u"¯\u00B0±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞßàáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ";
inline constexpr std::u16string_view kPage1255 =
    u"€\u0081‚ƒ„…†‡ˆ‰\u008A‹\u008C\u008D\u008E\u008F\u0090‘’“”•–—˜\u2122\u009A›\u009C\u009D\u009E\u009F\u00A0¡¢£₪¥"
    u"\u00A6§¨\u00A9×«¬\u00AD\u00AE¯\u00B0±²³´µ¶·¸¹÷»¼½¾¿\u05B0\u05B1\u05B2\u05B3\u05B4\u05B5\u05B6\u05B7\u05B8\u05B9"
    u"\u05BA\u05BB\u05BC\u05BD\u05BE\u05BF\u05C0\u05C1\u05C2\u05C3\u05F0\u05F1\u05F2\u05F3\u05F4\uFFFD\uFFFD\uFFFD"
    u"\uFFFD\uFFFD\uFFFD\uFFFD\u05D0\u05D1\u05D2\u05D3\u05D4\u05D5\u05D6\u05D7\u05D8\u05D9\u05DA\u05DB\u05DC\u05DD"
    u"\u05DE\u05DF\u05E0\u05E1\u05E2\u05E3\u05E4\u05E5\u05E6\u05E7\u05E8\u05E9\u05EA\uFFFD\uFFFD\u200E\u200F\uFFFD";
inline constexpr std::u16string_view kPage1256 =
    u"€\u067E‚ƒ„…†‡ˆ‰\u0679‹Œ\u0686\u0698\u0688\u06AF‘’“”•–—\u06A9\u2122\u0691›œ\u200C\u200D\u06BA\u00A0،¢£¤¥\u00A6§¨"
    u"\u00A9\u06BE«¬\u00AD\u00AE¯\u00B0±²³´µ¶·¸¹\u061B»¼½¾\u061F\u06C1\u0621\u0622\u0623\u0624\u0625\u0626\u0627\u0628"
    u"\u0629\u062A\u062B\u062C\u062D\u062E\u062F\u0630\u0631\u0632\u0633\u0634\u0635\u0636×\u0637\u0638\u0639\u063A"
    u"\u0640\u0641\u0642\u0643à\u0644â\u0645\u0646\u0647\u0648çèéêë\u0649\u064Aîï\u064B\u064C\u064D\u064Eô\u064F\u0650"
    u"÷\u0651ù\u0652ûü\u200E\u200F\u06D2";
inline constexpr std::u16string_view kPage1257 =
    u"€\u0081‚\u0083„…†‡\u0088‰\u008A‹\u008C¨ˇ¸\u0090‘’“”•–—\u0098\u2122\u009A›\u009C¯˛\u009F\u00A0\uFFFD¢£¤\uFFFD"
    u"\u00A6§Ø\u00A9Ŗ«¬\u00AD\u00AEÆ\u00B0±²³´µ¶·ø¹ŗ»¼½¾æĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽßąįāćäåęēčéźėģķīļšńņóōõö÷ųłśūü"
    u"żž˙";
inline constexpr std::u16string_view kPage1258 =
    u"€\u0081‚ƒ„…†‡ˆ‰\u008A‹Œ\u008D\u008E\u008F\u0090‘’“”•–—˜\u2122\u009A›œ\u009D\u009EŸ\u00A0¡¢£¤¥\u00A6§¨\u00A9ª«¬"
    u"\u00AD\u00AE¯\u00B0±²³´µ¶·¸¹º»¼½¾¿ÀÁÂĂÄÅÆÇÈÉÊË\u0300ÍÎÏĐÑ\u0309ÓÔƠÖ×ØÙÚÛÜƯ\u0303ßàáâăäåæçèéêë\u0301íîïđñ\u0323óô"
    u"ơö÷øùúûüư₫ÿ";
inline constexpr std::u16string_view kPage10000 =
    u"ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†\u00B0¢£§•¶ß\u00AE\u00A9\u2122´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u00A0ÀÃÕŒœ–—“”‘’÷"
    u"\u25CAÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uF8FFÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";
inline constexpr std::u16string_view kPage10006 =
    u"Ä¹²É³ÖÜ΅àâä΄¨çéèêë£\u2122îï•½‰ôö\u00A6€ùûü†ΓΔΘΛΞΠß\u00AE\u00A9ΣΪ§≠\u00B0·Α±≤≥¥ΒΕΖΗΙΚΜΦΫΨΩάΝ¬ΟΡ≈Τ«»…\u00A0ΥΧΆΈœ–―"
    u"“”‘’÷ΉΊΌΎέήίόΏύαβψδεφγηιξκλμνοπώρστθωςχυζϊϋΐΰ\u00AD";
inline constexpr std::u16string_view kPage10007 =
    u"АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ†\u00B0Ґ£§•¶І\u00AE\u00A9\u2122Ђђ≠Ѓѓ∞±≤≥іµґЈЄєЇїЉљЊњјЅ¬√ƒ≈∆«»…\u00A0ЋћЌќѕ–—“”‘’÷"
    u"„ЎўЏџ\u2116Ёёяабвгдежзийклмнопрстуфхцчшщъыьэю€";
inline constexpr std::u16string_view kPage10010 =
    u"ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†\u00B0¢£§•¶ß\u00AE\u00A9\u2122´¨≠ĂȘ∞±≤≥¥µ∂∑∏π∫ªºΩăș¿¡¬√ƒ≈∆«»…\u00A0ÀÃÕŒœ–—“”‘’÷"
    u"\u25CAÿŸ⁄€‹›Țț‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uF8FFÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";
inline constexpr std::u16string_view kPage10029 =
    u"ÄĀāÉĄÖÜáąČäčĆćéŹźĎíďĒēĖóėôöõúĚěü†\u00B0Ę£§•¶ß\u00AE\u00A9\u2122ę¨≠ģĮįĪ≤≥īĶ∂∑łĻļĽľĹĺŅņŃ¬√ńŇ∆«»…\u00A0ňŐÕőŌ–—“”‘’÷"
    u"\u25CAōŔŕŘ‹›řŖŗŠ‚„šŚśÁŤťÍŽžŪÓÔūŮÚůŰűŲųÝýķŻŁżĢˇ";
inline constexpr std::u16string_view kPage10079 =
    u"ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûüÝ\u00B0¢£§•¶ß\u00AE\u00A9\u2122´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u00A0ÀÃÕŒœ–—“”‘’÷"
    u"\u25CAÿŸ⁄€ÐðÞþý·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uF8FFÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";
inline constexpr std::u16string_view kPage10081 =
    u"ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†\u00B0¢£§•¶ß\u00AE\u00A9\u2122´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u00A0ÀÃÕŒœ–—“”‘’÷"
    u"\u25CAÿŸĞğİıŞş‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uF8FFÒÚÛÙ\uF8A0ˆ˜¯˘˙˚¸˝˛ˇ";
inline constexpr std::u16string_view kPage10082 =
    u"ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†\u00B0¢£§•¶ß\u00AEŠ\u2122´¨≠ŽØ∞±≤≥∆µ∂∑∏š∫ªºΩžø¿¡¬√ƒ≈Ć«Č…\u00A0ÀÃÕŒœĐ—“”‘’÷"
    u"\u25CA\uF8FF\u00A9⁄€‹›Æ»–·‚„‰ÂćÁčÈÍÎÏÌÓÔđÒÚÛÙıˆ˜¯πË˚¸Êæˇ";
inline constexpr std::u16string_view kPage20866 =
    u"\u2500\u2502\u250C\u2510\u2514\u2518\u251C\u2524\u252C\u2534\u253C\u2580\u2584\u2588\u258C\u2590\u2591\u2592"
    u"\u2593⌠\u25A0∙√≈≤≥\u00A0⌡\u00B0²·÷\u2550\u2551\u2552ё\u2553\u2554\u2555\u2556\u2557\u2558\u2559\u255A\u255B"
    u"\u255C\u255D\u255E\u255F\u2560\u2561Ё\u2562\u2563\u2564\u2565\u2566\u2567\u2568\u2569\u256A\u256B\u256C\u00A9юаб"
    u"цдефгхийклмнопярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧЪ";
inline constexpr std::u16string_view kPage21866 =
    u"\u2500\u2502\u250C\u2510\u2514\u2518\u251C\u2524\u252C\u2534\u253C\u2580\u2584\u2588\u258C\u2590\u2591\u2592"
    u"\u2593⌠\u25A0∙√≈≤≥\u00A0⌡\u00B0²·÷\u2550\u2551\u2552ёє\u2554ії\u2557\u2558\u2559\u255A\u255Bґў\u255E\u255F\u2560"
    u"\u2561ЁЄ\u2563ІЇ\u2566\u2567\u2568\u2569\u256AҐЎ\u00A9юабцдефгхийклмнопярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫ"
    u"ЗШЭЩЧЪ";
inline constexpr std::u16string_view kPage28592 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00ADŽŻ"
    u"\u00B0ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙";
inline constexpr std::u16string_view kPage28593 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0Ħ˘£¤\uFFFDĤ§¨İŞĞĴ"
    u"\u00AD\uFFFDŻ\u00B0ħ²³´µĥ·¸ışğĵ½\uFFFDżÀÁÂ\uFFFDÄĊĈÇÈÉÊËÌÍÎÏ\uFFFDÑÒÓÔĠÖ×ĜÙÚÛÜŬŜßàáâ\uFFFDäċĉçèéêëìíîï\uFFFDñòóô"
    u"ġö÷ĝùúûüŭŝ˙";
inline constexpr std::u16string_view kPage28594 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0ĄĸŖ¤ĨĻ§¨ŠĒĢŦ\u00ADŽ¯"
    u"\u00B0ą˛ŗ´ĩļˇ¸šēģŧŊžŋĀÁÂÃÄÅÆĮČÉĘËĖÍÎĪĐŅŌĶÔÕÖ×ØŲÚÛÜŨŪßāáâãäåæįčéęëėíîīđņōķôõö÷øųúûüũū˙";
inline constexpr std::u16string_view kPage28595 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0ЁЂЃЄЅІЇЈЉЊЋЌ\u00ADЎЏАБ"
    u"ВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя\u2116ёђѓєѕіїјљњћќ§ўџ";
inline constexpr std::u16string_view kPage28596 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0\uFFFD\uFFFD\uFFFD¤"
    u"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD،\u00AD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"
    u"\uFFFD\uFFFD\uFFFD\u061B\uFFFD\uFFFD\uFFFD\u061F\uFFFD\u0621\u0622\u0623\u0624\u0625\u0626\u0627\u0628\u0629"
    u"\u062A\u062B\u062C\u062D\u062E\u062F\u0630\u0631\u0632\u0633\u0634\u0635\u0636\u0637\u0638\u0639\u063A\uFFFD"
    u"\uFFFD\uFFFD\uFFFD\uFFFD\u0640\u0641\u0642\u0643\u0644\u0645\u0646\u0647\u0648\u0649\u064A\u064B\u064C\u064D"
    u"\u064E\u064F\u0650\u0651\u0652\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD";
inline constexpr std::u16string_view kPage28597 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0‘’£€₯\u00A6§¨\u00A9ͺ«¬"
    u"\u00AD\uFFFD―\u00B0±²³΄΅Ά·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ\uFFFDΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ\uFFFD";
inline constexpr std::u16string_view kPage28598 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0\uFFFD¢£¤¥\u00A6§¨"
    u"\u00A9×«¬\u00AD\u00AE¯\u00B0±²³´µ¶·¸¹÷»¼½¾\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"
    u"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"
    u"\uFFFD\uFFFD\uFFFD‗\u05D0\u05D1\u05D2\u05D3\u05D4\u05D5\u05D6\u05D7\u05D8\u05D9\u05DA\u05DB\u05DC\u05DD\u05DE"
    u"\u05DF\u05E0\u05E1\u05E2\u05E3\u05E4\u05E5\u05E6\u05E7\u05E8\u05E9\u05EA\uFFFD\uFFFD\u200E\u200F\uFFFD";
inline constexpr std::u16string_view kPage28600 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0ĄĒĢĪĨĶ§ĻĐŠŦŽ\u00ADŪŊ"
    u"\u00B0ąēģīĩķ·ļđšŧž―ūŋĀÁÂÃÄÅÆĮČÉĘËĖÍÎÏÐŅŌÓÔÕÖŨØŲÚÛÜÝÞßāáâãäåæįčéęëėíîïðņōóôõöũøųúûüýþĸ";
inline constexpr std::u16string_view kPage28603 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0”¢£¤„\u00A6§Ø\u00A9Ŗ«¬"
    u"\u00AD\u00AEÆ\u00B0±²³“µ¶·ø¹ŗ»¼½¾æĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽßąįāćäåęēčéźėģķīļšńņóōõö÷ųłśūüżž’";
inline constexpr std::u16string_view kPage28604 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0Ḃḃ£ĊċḊ§Ẁ\u00A9ẂḋỲ"
    u"\u00AD\u00AEŸḞḟĠġṀṁ¶ṖẁṗẃṠỳẄẅṡÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏŴÑÒÓÔÕÖṪØÙÚÛÜÝŶßàáâãäåæçèéêëìíîïŵñòóôõöṫøùúûüýŷÿ";
inline constexpr std::u16string_view kPage28605 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0¡¢£€¥Š§š\u00A9ª«¬"
    u"\u00AD\u00AE¯\u00B0±²³Žµ¶·ž¹º»ŒœŸ¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ";
inline constexpr std::u16string_view kPage28606 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091"
    u"\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F\u00A0ĄąŁ€„Š§š\u00A9Ș«Ź"
    u"\u00ADźŻ\u00B0±ČłŽ”¶·žčș»ŒœŸżÀÁÂĂÄĆÆÇÈÉÊËÌÍÎÏĐŃÒÓÔŐÖŚŰÙÚÛÜĘȚßàáâăäćæçèéêëìíîïđńòóôőöśűùúûüęțÿ";
// clang-format on

}  // namespace mapiguard::single_byte
