"""Invented names: a list of family names, two of given names, drawn by a seeded generator."""

from __future__ import annotations

from random import Random

FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
FEMALE = (
    "婷 静 敏 燕 娟 芳 丽 艳 霞 玲 萍 洁 莉 雪 慧 颖 倩 蕾 琳 晶 梅 兰 云 莹 璐 薇 琴 瑶 萱 佳 "
    "晓燕 丽娟 雅静 海燕 秀兰 玉梅 春霞 小芳 文静 思雨 雨桐 晓雯 佳慧 欣怡 梦婷 雅琴 红梅 丽华 淑敏 晓红 月华 素珍 婉清 若兰 书瑶 诗涵"
).split()
MALE = (
    "伟 强 磊 军 勇 杰 涛 超 明 刚 平 辉 鹏 斌 波 宇 浩 凯 峰 亮 飞 健 俊 帆 博 阳 旭 晨 毅 锋 "
    "志强 建国 建军 文斌 永强 晓东 国庆 海涛 志伟 俊杰 子轩 浩然 一鸣 天宇 宏伟 春生 家豪 明辉 少华 立新 德顺 长林 广平 思远 景行 承志"
).split()


def name_of(random: Random, sex: str) -> str:
    return random.choice(FAMILY) + random.choice(FEMALE if sex == "FEMALE" else MALE)
